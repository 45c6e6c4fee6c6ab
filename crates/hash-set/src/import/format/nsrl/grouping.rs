//! One file of the library stands in it once for every product it belongs to: neighbouring rows of one file become one entry.

use case_model::HitDisposition;

use crate::import::collector::{Candidate, Collector};
use crate::{ImportError, Position};

/// What the product of a row is to this lab.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Product {
    /// Nothing special.
    Ordinary,
    /// On the list of products that deserve a look; its class.
    WithCare(String),
    /// Malicious, as the library says.
    Malicious,
}

/// Collects neighbouring rows with the same digests and size.
#[derive(Default)]
pub(super) struct Grouping {
    current: Option<Group>,
}

struct Group {
    position: Position,
    candidate: Candidate,
    rows: u64,
    ordinary: bool,
    malicious: bool,
    class: Option<String>,
}

impl Grouping {
    /// Takes a row.
    pub(super) fn take(
        &mut self,
        position: &Position,
        candidate: Candidate,
        product: Product,
        collector: &mut Collector<'_>,
    ) -> Result<(), ImportError> {
        let same = |group: &&mut Group| {
            group.candidate.digests == candidate.digests && group.candidate.size == candidate.size
        };
        match self.current.as_mut().filter(same) {
            Some(group) => group.add(product),
            None => {
                self.flush(collector)?;
                let position = position.clone();
                let ordinary = false;
                let malicious = false;
                let class = None;
                let mut group = Group { position, candidate, rows: 0, ordinary, malicious, class };
                group.add(product);
                self.current = Some(group);
            }
        }
        Ok(())
    }

    /// Takes a row with the same digests and size as the row before.
    pub(super) fn again(&mut self, product: Product) {
        if let Some(group) = &mut self.current {
            group.add(product);
        }
    }

    /// Hands over the group whose rows have all come.
    pub(super) fn flush(&mut self, collector: &mut Collector<'_>) -> Result<(), ImportError> {
        let Some(mut group) = self.current.take() else {
            return Ok(());
        };
        collector.duplicates(group.rows.saturating_sub(1));
        let (disposition, category) = match group.class {
            _ if group.malicious => (Some(HitDisposition::Notable), Some("malicious".to_owned())),
            Some(class) if group.ordinary => {
                (Some(HitDisposition::NoChange), Some(format!("{class}, and other products")))
            }
            Some(class) => (Some(HitDisposition::Notable), Some(class)),
            None => (None, None),
        };
        (group.candidate.disposition, group.candidate.category) = (disposition, category);
        collector.accept(&group.position, group.candidate)
    }
}

impl Group {
    fn add(&mut self, product: Product) {
        self.rows = self.rows.saturating_add(1);
        match product {
            Product::Ordinary => self.ordinary = true,
            Product::Malicious => self.malicious = true,
            Product::WithCare(class) => self.class = self.class.take().or(Some(class)),
        }
    }
}
