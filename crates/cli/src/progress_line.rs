//! The line of a scan's progress: one line, however narrow the terminal is.

use std::collections::VecDeque;
use std::time::Duration;

use unicode_width::UnicodeWidthStr;

use crate::display::safe;
use crate::quantities::{bytes, duration};

/// How far back the rate looks.
const WINDOW: Duration = Duration::from_secs(15);
/// How far apart the samples of the rate are, at least.
const SAMPLE: Duration = Duration::from_millis(250);
/// After a scan that is resumed, work that was done before is passed in this time: it is no rate.
const PASSING: Duration = Duration::from_secs(2);
/// Columns of the bar.
const BAR: usize = 20;
/// Columns of a name below which it is left out.
const LEAST_NAME: usize = 8;

/// How a scan goes.
#[derive(Clone, Debug, Default)]
pub(crate) struct ProgressLine {
    /// The item's number from 1, and how many there are.
    pub(crate) item: (usize, usize),
    /// The item's name, as it is on the disk.
    pub(crate) name: String,
    /// The stage, in words.
    pub(crate) stage: &'static str,
    /// Bytes of the item's work that are done, and all.
    pub(crate) work: (u64, u64),
    /// Bytes of the batch that are done, and all; `None` when they are not known.
    pub(crate) batch: Option<(u64, u64)>,
    /// Bytes of new work in a second.
    pub(crate) rate: Option<u64>,
}

impl ProgressLine {
    /// Returns the line, at most `width` columns wide. What matters most is left out last.
    pub(crate) fn render(&self, width: usize) -> String {
        let (done, all) = self.work;
        let percent = done.min(all).saturating_mul(100).checked_div(all).unwrap_or(0);
        // In the order of their worth, with their place on the line.
        let mut line = Fitted { left: width, parts: Vec::new() };
        line.add(2, self.stage.to_owned());
        if all > 0 {
            line.add(4, format!("{percent} %"));
        }
        let (number, of) = self.item;
        if of > 1 {
            line.add(0, format!("[{number}/{of}]"));
        }
        line.add(7, self.time_left());
        line.add(6, self.rate.map_or(String::new(), |rate| format!("{}/s", bytes(rate))));
        if all > 0 {
            line.add(5, format!("{} of {}", bytes(done), bytes(all)));
        }
        if let Some((done, all)) = self.batch.filter(|_| of > 1) {
            line.add(8, format!("batch {} of {}", bytes(done), bytes(all)));
        }
        if all > 0 {
            line.add(3, bar(percent));
        }
        let name = shortened(&self.name, line.left.saturating_sub(2));
        line.add(1, name);
        line.join()
    }

    fn time_left(&self) -> String {
        let (done, all) = self.work;
        match self.rate.filter(|rate| *rate > 0) {
            Some(rate) => {
                let milliseconds = all.saturating_sub(done).saturating_mul(1000) / rate;
                format!("{} left", duration(milliseconds.saturating_mul(1_000_000)))
            }
            None => String::new(),
        }
    }
}

/// Parts of a line, each with its place on it, as many as fit.
struct Fitted {
    /// Columns that are free.
    left: usize,
    parts: Vec<(u8, String)>,
}

impl Fitted {
    /// Takes a part if it fits.
    fn add(&mut self, place: u8, part: String) {
        let gap = if self.parts.is_empty() { 0 } else { 2 };
        let columns = part.width() + gap;
        if !part.is_empty() && columns <= self.left {
            self.left -= columns;
            self.parts.push((place, part));
        }
    }

    fn join(mut self) -> String {
        self.parts.sort_by_key(|(place, _)| *place);
        let parts: Vec<String> = self.parts.into_iter().map(|(_, part)| part).collect();
        parts.join("  ")
    }
}

fn bar(percent: u64) -> String {
    let full = usize::try_from(percent).unwrap_or(0).min(100) * BAR / 100;
    let head = if full < BAR { ">" } else { "" };
    format!("[{}{head}{}]", "=".repeat(full), " ".repeat(BAR - full - head.len()))
}

/// Returns the beginning of a name that fits, as a terminal may show it; nothing where too little would.
fn shortened(name: &str, columns: usize) -> String {
    let whole = safe(name);
    if whole.width() <= columns {
        return whole;
    }
    if columns < LEAST_NAME {
        return String::new();
    }
    let ends = name.char_indices().map(|(at, _)| at).collect::<Vec<usize>>();
    // Cut before it is made safe: what is cut behind would lose its end mark.
    let fits = |end: &&usize| safe(name.get(..**end).unwrap_or_default()).width() < columns;
    let end = ends.iter().rev().find(fits).copied().unwrap_or(0);
    format!("{}…", safe(name.get(..end).unwrap_or_default()))
}

/// The rate of new work, over the last seconds.
#[derive(Debug, Default)]
pub(crate) struct Rate {
    samples: VecDeque<(Duration, u64)>,
    /// The item resumes an earlier scan.
    resumed: bool,
    begun: Duration,
}

impl Rate {
    /// Begins anew. `resumed`: work that was done before is passed first.
    pub(crate) fn begin(&mut self, now: Duration, resumed: bool) {
        *self = Self { samples: VecDeque::new(), resumed, begun: now };
        if !resumed {
            self.samples.push_back((now, 0));
        }
    }

    /// Notes how much is done.
    pub(crate) fn note(&mut self, now: Duration, done: u64) {
        if self.resumed && now.saturating_sub(self.begun) < PASSING {
            return;
        }
        if self.samples.back().is_none_or(|(last, _)| now.saturating_sub(*last) >= SAMPLE) {
            self.samples.push_back((now, done));
        }
        while self.samples.len() > 2
            && self.samples.front().is_some_and(|(at, _)| now.saturating_sub(*at) > WINDOW)
        {
            self.samples.pop_front();
        }
    }

    /// Returns the bytes in a second; `None` until there is something to tell.
    pub(crate) fn bytes_a_second(&self) -> Option<u64> {
        let (from, before) = self.samples.front()?;
        let (to, after) = self.samples.back()?;
        let milliseconds =
            u64::try_from(to.saturating_sub(*from).as_millis()).ok().filter(|ms| *ms > 0)?;
        Some(after.saturating_sub(*before).saturating_mul(1000) / milliseconds)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line() -> ProgressLine {
        ProgressLine {
            item: (2, 4),
            name: "صورة القرص الصلب للحاسوب الموجود في مكتب المشتبه فيه الأول بمدينة الدار البيضاء 2026.E01"
                .into(),
            stage: "hashing",
            work: (793 << 20, 4362 << 20),
            batch: Some((3 << 30, 700 << 30)),
            rate: Some(233 << 20),
        }
    }

    #[test]
    fn the_line_is_never_wider_than_the_terminal() {
        let ideographs = "证据".repeat(80);
        for name in
            [line().name, ideographs, "a\u{301}".repeat(200), "\u{1b}[2J".repeat(30), String::new()]
        {
            for width in 0..=220 {
                let rendered = ProgressLine { name: name.clone(), ..line() }.render(width);
                assert!(rendered.width() <= width, "{width}: {} {rendered}", rendered.width());
                assert!(!rendered.contains(['\u{1b}', '\n']), "{rendered}");
            }
        }
    }

    #[test]
    fn what_matters_most_stays_on_a_narrow_terminal() {
        let at = |width| line().render(width);
        assert_eq!(at(40), "[2/4]  hashing  18 %  15.3 s left");
        let usual = at(80);
        for part in ["[2/4]", "hashing", "18 %", "793 MiB of 4.26 GiB", "233 MiB/s", "15.3 s left"]
        {
            assert!(usual.contains(part), "{part}: {usual}");
        }
        let wide = at(200);
        for part in ["صورة القرص", "[===>", "batch 3.00 GiB of 700 GiB"] {
            assert!(wide.contains(part), "{part}: {wide}");
        }
        assert_eq!(
            wide.matches('\u{2068}').count(),
            wide.matches('\u{2069}').count(),
            "the text turns back"
        );
    }

    #[test]
    fn work_of_an_earlier_scan_is_no_rate() {
        let second = Duration::from_secs;
        let mut rate = Rate::default();
        rate.begin(second(10), true);
        rate.note(second(11), 3 << 30);
        assert_eq!(rate.bytes_a_second(), None);
        rate.note(second(12), 3 << 30);
        rate.note(second(14), (3 << 30) + 200);
        assert_eq!(rate.bytes_a_second(), Some(100));
        // One without an earlier scan counts from its beginning.
        rate.begin(second(20), false);
        rate.note(second(21), 500);
        assert_eq!(rate.bytes_a_second(), Some(500));
        // What is long past does not count any more.
        for at in 22..60 {
            rate.note(second(at), 500);
        }
        assert_eq!(rate.bytes_a_second(), Some(0));
    }
}
