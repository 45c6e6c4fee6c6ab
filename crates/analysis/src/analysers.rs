//! The analysers of a scan.

use std::borrow::Cow;
use std::fmt;
use std::ops::Deref;

use crate::failure::guarded;
use crate::finding::{FAILED, LIMIT};
use crate::findings_of_analyser::panicked;
use crate::{
    Analyser, ContentType, Finding, Findings, FindingsOfAnalyser, MAX_ANALYSERS, NamedFinding,
    NamedStream, RecordFacts, StreamFacts, Wants,
};

/// The analysers of a scan in a fixed order. Their names and versions are what findings depend on besides the evidence.
pub struct Analysers {
    list: Vec<Box<dyn Analyser>>,
    fingerprint: u64,
}

/// Why analysers cannot be used together.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AnalyserSetError {
    /// More analysers than a scan may have.
    #[error("too many analysers: {0}, at most {MAX_ANALYSERS} in a scan")]
    TooMany(usize),
    /// Two analysers have one name.
    #[error("two analysers are called {0}")]
    SameName(&'static str),
    /// A key is used twice, or is one of this crate.
    #[error("analyser {analyser}: the key {key} is used twice, or is reserved")]
    Key {
        /// The analyser.
        analyser: &'static str,
        /// Its key.
        key: &'static str,
    },
}

impl Analysers {
    /// Puts analysers together.
    ///
    /// # Errors
    /// When names or keys collide, or there are too many analysers.
    pub fn new(list: Vec<Box<dyn Analyser>>) -> Result<Self, AnalyserSetError> {
        if list.len() > MAX_ANALYSERS {
            return Err(AnalyserSetError::TooMany(list.len()));
        }
        for (number, analyser) in list.iter().enumerate() {
            let name = analyser.name();
            if list.iter().take(number).any(|earlier| earlier.name() == name) {
                return Err(AnalyserSetError::SameName(name));
            }
            check_keys(analyser.deref())?;
        }
        let fingerprint = fingerprint(&list);
        Ok(Self { list, fingerprint })
    }

    /// Returns the analyser of a plain scan.
    #[must_use]
    pub fn standard(content_type: ContentType) -> Self {
        let list: Vec<Box<dyn Analyser>> = vec![Box::new(content_type)];
        let fingerprint = fingerprint(&list);
        Self { list, fingerprint }
    }

    /// Returns name and version of each analyser, in order.
    pub fn identities(&self) -> impl Iterator<Item = (&str, &str)> {
        self.list.iter().map(|analyser| (analyser.name(), analyser.version()))
    }

    /// Returns true when an analyser treats the records of the same bytes differently.
    #[must_use]
    pub fn tell_records_apart(&self) -> bool {
        self.list.iter().any(|analyser| analyser.tells_records_apart())
    }

    /// Returns what analysers are told at the first byte of a stream: of its record only when one of them asks for it.
    #[must_use]
    pub fn facts(&self, size: u64, record: impl FnOnce() -> RecordFacts) -> StreamFacts {
        StreamFacts { size, record: self.tell_records_apart().then(record) }
    }

    /// Adds what follows from the names of a stream.
    pub fn conclude(&self, stream: &NamedStream<'_>, findings: &mut Findings) {
        for (number, analyser) in self.numbered() {
            let mine = |finding: &&Finding| finding.analyser == number;
            // An analyser that failed has no findings to conclude from.
            if findings.iter().filter(mine).any(Finding::is_failure) {
                continue;
            }
            let mut earlier = Findings::default();
            findings.iter().filter(mine).for_each(|finding| earlier.push(finding.clone()));
            let concluded =
                self.found(number, earlier, |of_analyser| analyser.conclude(stream, of_analyser));
            findings.append(concluded);
        }
    }

    /// Returns the content type, which is a column of its own, and all other findings by name.
    #[must_use]
    pub fn named(&self, findings: Findings) -> (Option<Cow<'static, str>>, Vec<NamedFinding>) {
        let mut content_type = None;
        let mut others = Vec::new();
        for finding in findings {
            let analyser = usize::from(finding.analyser);
            let Some(key) = self.key(&finding) else { continue };
            let value = finding.value;
            match self.list.get(analyser).map(|analyser| analyser.name()) {
                Some(ContentType::NAME) if key == ContentType::TYPE => content_type = Some(value),
                _ => others.push(NamedFinding { analyser, key, value }),
            }
        }
        (content_type, others)
    }

    fn key(&self, finding: &Finding) -> Option<&'static str> {
        let reserved = [FAILED, LIMIT].into_iter().find(|(number, _)| *number == finding.key);
        let of_analyser = || {
            let analyser = self.list.get(usize::from(finding.analyser))?;
            analyser.keys().get(usize::from(finding.key)).copied()
        };
        reserved.map(|(_, name)| name).or_else(of_analyser)
    }

    /// Returns the analysers with their numbers.
    pub(crate) fn numbered(&self) -> impl Iterator<Item = (u8, &dyn Analyser)> {
        (0..).zip(self.list.iter().map(Deref::deref))
    }

    pub(crate) fn get(&self, number: u8) -> Option<&dyn Analyser> {
        self.list.get(usize::from(number)).map(Deref::deref)
    }

    /// A number that tells sets with other names or versions apart.
    pub(crate) fn fingerprint(&self) -> u64 {
        self.fingerprint
    }

    /// Returns what an analyser wants of a stream, or that it panicked at the question.
    pub(crate) fn wants(analyser: &dyn Analyser, facts: &StreamFacts) -> Option<Wants> {
        guarded(|| analyser.wants(facts)).ok()
    }

    /// Returns what a call of an analyser adds to its `earlier` findings.
    pub(crate) fn found(
        &self,
        number: u8,
        earlier: Findings,
        call: impl FnOnce(&mut FindingsOfAnalyser<'_>),
    ) -> Findings {
        let keys = self.get(number).map(|analyser| analyser.keys()).unwrap_or_default();
        let mut of_analyser = FindingsOfAnalyser::new(number, keys, earlier);
        match guarded(|| call(&mut of_analyser)) {
            Ok(()) => of_analyser.into_findings(),
            Err(_) => panicked(number),
        }
    }
}

impl fmt::Debug for Analysers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.identities()).finish()
    }
}

/// Equal when names and versions are.
impl PartialEq for Analysers {
    fn eq(&self, other: &Self) -> bool {
        self.identities().eq(other.identities())
    }
}

impl Eq for Analysers {}

fn check_keys(analyser: &dyn Analyser) -> Result<(), AnalyserSetError> {
    let keys = analyser.keys();
    for (number, key) in keys.iter().enumerate() {
        let is_reserved = [FAILED.1, LIMIT.1].contains(key) || number >= usize::from(LIMIT.0);
        if is_reserved || keys.iter().take(number).any(|earlier| earlier == key) {
            return Err(AnalyserSetError::Key { analyser: analyser.name(), key });
        }
    }
    Ok(())
}

/// FNV-1a, 64 bits, over names and versions.
fn fingerprint(list: &[Box<dyn Analyser>]) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for analyser in list {
        for text in [analyser.name(), analyser.version()] {
            for byte in text.bytes().chain([0]) {
                hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
            }
        }
    }
    hash
}
