//! What takes long is told, and named in the ledger.

use std::path::Path;
use std::sync::Mutex;
use std::time::Duration;

use case_store::RunState;
use pipeline::{Event, Observer, ScanConfig};

use crate::harness::{ledger, scanned};

/// Keeps what is said to be slow.
#[derive(Default)]
struct Listener(Mutex<Vec<String>>);

impl Observer for Listener {
    fn event(&self, event: &Event<'_>) {
        if let Event::Slow(what) = event {
            self.0.lock().unwrap().push((*what).to_owned());
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
        let (said, entry) = slow(item, ScanConfig::default().slow_after);
        assert!(said.is_empty() && !entry.contains("\"slow\""), "{said}\n{entry}");
    }
}
