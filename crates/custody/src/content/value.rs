//! The forms that values of fields have.

use case_model::to_hex;

use crate::json::Json;
use crate::merkle::Hash;

/// A value of an entry's field.
pub trait FieldValue {
    /// Returns the value as JSON; `None` leaves the field out.
    fn into_json(self) -> Option<Json>;
}

/// A number that records hold as decimal text, because it may exceed 2^53 − 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct DecimalText(pub u64);

impl FieldValue for DecimalText {
    fn into_json(self) -> Option<Json> {
        Some(Json::Text(self.0.to_string()))
    }
}

/// A digest, as lower-case hexadecimal digits.
impl FieldValue for Hash {
    fn into_json(self) -> Option<Json> {
        Some(Json::Text(to_hex(&self)))
    }
}

impl<T: FieldValue> FieldValue for Option<T> {
    fn into_json(self) -> Option<Json> {
        self.and_then(T::into_json)
    }
}

impl<T: FieldValue> FieldValue for Vec<T> {
    fn into_json(self) -> Option<Json> {
        Some(Json::List(self.into_iter().filter_map(T::into_json).collect()))
    }
}

macro_rules! plain_values {
    ($($value:ty,)*) => {
        $(impl FieldValue for $value {
            fn into_json(self) -> Option<Json> {
                Some(Json::from(self))
            }
        })*
    };
}

plain_values! { String, &'static str, u64, u32, Json, }
