//! What takes long is told, and named in the ledger.

use std::path::Path;
use std::sync::{Condvar, Mutex};
use std::time::Duration;

use case_store::RunState;
use pipeline::{Event, Observer, ScanConfig, Stage};

use crate::harness::{ledger, scanned};

/// Keeps what is said to be slow.
#[derive(Default)]
struct Listener(Mutex<Vec<String>>);

impl Observer for Listener {
    fn event(&self, event: &Event<'_>) {
        if let Event::Slow(what) = event {
            self.0.lock().unwrap().push(what.to_string());
        }
    }
}

/// What is said, and the entry of the ledger that says how the item ended.
fn slow(item: &Path, slow_after: Duration) -> (String, String) {
    let folder = tempfile::tempdir().unwrap();
    let listener = Listener::default();
    let config = ScanConfig { slow_after, ..ScanConfig::default() };
    let (state, damages) = scanned(folder.path(), item.to_owned(), &config, &listener);
    assert_eq!((state, damages), (RunState::Complete, Vec::new()), "slow is not incomplete");
    let ledger = ledger(folder.path());
    let entry = ledger.into_iter().find(|body| body.contains("\"act\":\"index\"")).unwrap();
    (listener.0.into_inner().unwrap().join("\n"), entry)
}

#[test]
fn a_record_or_file_that_takes_longer_than_the_limit_is_named_and_nothing_else() {
    let demo = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/demo/demo.raw");
    let (said, entry) = slow(&demo, Duration::ZERO);
    assert!(said.contains("a record of slots 0 to") && said.contains(" s on "), "{said}");
    assert!(entry.contains("\"slow\":[{") && entry.contains("a record behind "), "{entry}");
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("the file"), "content").unwrap();
    let (said, entry) = slow(folder.path(), Duration::ZERO);
    assert!(said.contains("/the file") && entry.contains("/the file"), "{said}\n{entry}");
    for item in [demo.as_path(), folder.path()] {
        // However busy the machine is.
        let (said, entry) = slow(item, Duration::from_secs(1 << 30));
        assert!(said.is_empty() && !entry.contains("\"slow\""), "{said}\n{entry}");
    }
}

/// Holds an item up at its end until it was told that nothing of it goes on.
#[derive(Default)]
struct HoldsUp {
    said: Mutex<Vec<String>>,
    told: Condvar,
}

impl Observer for HoldsUp {
    fn event(&self, event: &Event<'_>) {
        match event {
            Event::Slow(what) => {
                self.said.lock().unwrap().push(what.to_string());
                self.told.notify_all();
            }
            Event::Stage(Stage::Certify) => {
                let said = self.said.lock().unwrap();
                let is_told = |said: &mut Vec<String>| {
                    said.iter().any(|text| text.contains("the whole item"))
                };
                drop(self.told.wait_while(said, |said| !is_told(said)).unwrap());
            }
            _ => {}
        }
    }
}

#[test]
fn an_item_that_makes_no_progress_is_told_while_it_lasts_and_named_in_the_ledger() {
    let folder = tempfile::tempdir().unwrap();
    let item = folder.path().join("medium.raw");
    std::fs::write(&item, vec![0; 65_536]).unwrap();
    let observer = HoldsUp::default();
    let config = ScanConfig { slow_after: Duration::from_nanos(1), ..ScanConfig::default() };
    assert_eq!(scanned(folder.path(), item, &config, &observer), (RunState::Complete, Vec::new()));
    let said = observer.said.into_inner().unwrap().join("\n");
    assert!(
        said.contains("s so far on the whole item, while finishing its index and verdict"),
        "{said}"
    );
    let ledger = ledger(folder.path());
    let entry = ledger.into_iter().find(|body| body.contains("\"act\":\"index\"")).unwrap();
    assert!(entry.contains("the whole item, while finishing its index and verdict"), "{entry}");
}
