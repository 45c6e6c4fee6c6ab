//! What one worker owns while it reads.

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};

/// Bytes of decoded units that one worker keeps. A directory walk jumps between a few chunks; this holds 256 EWF chunks of 32 KiB.
const KEPT_BYTES: usize = 8 << 20;

/// Tells the decoded units of one source from those of another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SourceId(u64);

impl SourceId {
    /// A number no other source of this process has.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "every call gives another value")]
    pub fn new() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        Self(NEXT.fetch_add(1, Ordering::Relaxed))
    }
}

/// One worker's decoded units and tools. Make one a thread and pass it to every read.
#[derive(Default)]
pub struct Scratch {
    units: HashMap<(SourceId, u64), Unit>,
    bytes: usize,
    clock: u64,
    tools: Tools,
}

struct Unit {
    bytes: Vec<u8>,
    used: u64,
}

impl Scratch {
    /// An empty scratch.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The decoded bytes of unit `number` of `source`; `fill` decodes into an empty buffer when they are not kept yet.
    ///
    /// # Errors
    /// What `fill` returns; nothing is kept then.
    pub fn unit<E>(
        &mut self,
        source: SourceId,
        number: u64,
        fill: impl FnOnce(&mut Vec<u8>, &mut Tools) -> Result<(), E>,
    ) -> Result<&[u8], E> {
        self.clock = self.clock.wrapping_add(1);
        let key = (source, number);
        if !self.units.contains_key(&key) {
            let mut bytes = self.make_room();
            fill(&mut bytes, &mut self.tools)?;
            self.bytes = self.bytes.saturating_add(bytes.capacity());
            self.units.insert(key, Unit { bytes, used: 0 });
        }
        let unit = self.units.entry(key).or_insert_with(|| Unit { bytes: Vec::new(), used: 0 });
        unit.used = self.clock;
        Ok(&unit.bytes)
    }

    /// Returns the decoded bytes of unit `number` of `source`, when they are kept: for units whose decoding needs this scratch itself.
    pub fn kept(&mut self, source: SourceId, number: u64) -> Option<&[u8]> {
        self.clock = self.clock.wrapping_add(1);
        let unit = self.units.get_mut(&(source, number))?;
        unit.used = self.clock;
        Some(&unit.bytes)
    }

    /// The tools alone, for work without a kept unit.
    pub fn tools(&mut self) -> &mut Tools {
        &mut self.tools
    }

    /// Drops the units that were not used for longest until there is room; gives back one of their buffers, empty.
    fn make_room(&mut self) -> Vec<u8> {
        let mut buffer = Vec::new();
        while self.bytes > KEPT_BYTES {
            let Some(oldest) =
                self.units.iter().min_by_key(|(_, unit)| unit.used).map(|(key, _)| *key)
            else {
                break;
            };
            if let Some(unit) = self.units.remove(&oldest) {
                self.bytes = self.bytes.saturating_sub(unit.bytes.capacity());
                buffer = unit.bytes;
            }
        }
        buffer.clear();
        buffer
    }
}

/// Reusable helpers of a decoder (a decompressor with its tables), one of each type.
#[derive(Default)]
pub struct Tools {
    by_type: HashMap<TypeId, Box<dyn Any + Send>>,
}

impl Tools {
    /// The worker's `T`, made on first use.
    pub fn get<T: Any + Send + Default>(&mut self) -> &mut T {
        let slot = self.by_type.entry(TypeId::of::<T>()).or_insert_with(|| Box::<T>::default());
        #[expect(clippy::expect_used, reason = "the key is the type of the value")]
        // OK to unwrap: the slot of a TypeId holds a value of that type only.
        slot.downcast_mut::<T>().expect("slot of this type")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kept_unit_is_decoded_once() {
        let mut scratch = Scratch::new();
        let source = SourceId::new();
        let mut decoded = 0;
        for _ in 0..3 {
            let bytes = scratch
                .unit::<()>(source, 7, |out, _| {
                    decoded += 1;
                    out.extend_from_slice(b"chunk");
                    Ok(())
                })
                .unwrap();
            assert_eq!(bytes, b"chunk");
        }
        assert_eq!(decoded, 1);
    }

    #[test]
    fn memory_stays_bounded_and_a_failed_unit_is_not_kept() {
        let mut scratch = Scratch::new();
        let source = SourceId::new();
        for number in 0..100 {
            scratch
                .unit::<()>(source, number, |out, _| {
                    out.resize(1 << 20, 1);
                    Ok(())
                })
                .unwrap();
        }
        assert!(scratch.bytes <= KEPT_BYTES + (2 << 20), "{}", scratch.bytes);
        assert!(scratch.unit::<()>(source, 500, |_, _| Err(())).is_err());
        assert!(!scratch.units.contains_key(&(source, 500)));
    }
}
