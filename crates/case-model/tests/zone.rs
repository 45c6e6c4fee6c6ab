//! Local times of zones, compared with Python's `zoneinfo`.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on fails")]

use std::process::Command;

use case_model::{Zone, ZonedReading};

/// Prints, for each local second that the argument lists, the UTC seconds of its readings by PEP 495: those that come back to the local
/// time, or, where none does, both that the two offsets around the gap give.
const ZONEINFO: &str = "
import sys, datetime, zoneinfo
utc = datetime.timezone.utc
zone = zoneinfo.ZoneInfo(sys.argv[1])
for local in map(int, sys.stdin):
    naive = datetime.datetime(1970, 1, 1) + datetime.timedelta(seconds=local)
    folds = [naive.replace(tzinfo=zone, fold=fold).astimezone(utc) for fold in (0, 1)]
    real = [utc for utc in folds if utc.astimezone(zone).replace(tzinfo=None) == naive]
    seconds = sorted({int(utc.timestamp()) for utc in real or folds})
    print('once' if len(real) == 2 and len(seconds) == 1 else 'repeated' if real else 'skipped', *seconds)
";

const SECOND: i64 = 1_000_000_000;

fn zoneinfo(zone: &str, locals: &[i64]) -> Option<Vec<String>> {
    use std::io::Write;
    let mut child = Command::new("python3")
        .args(["-c", ZONEINFO, zone])
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::null())
        .spawn()
        .ok()?;
    let text: String = locals.iter().map(|local| format!("{local}\n")).collect();
    let mut stdin = child.stdin.take().unwrap();
    let writer = std::thread::spawn(move || stdin.write_all(text.as_bytes()));
    let output = child.wait_with_output().unwrap();
    let _ = writer.join();
    let lines = String::from_utf8(output.stdout).unwrap();
    output.status.success().then(|| lines.lines().map(str::to_owned).collect())
}

#[test]
fn local_times_read_as_pythons_zoneinfo_reads_them() {
    // Every two days and seven minutes of 45 years, and every quarter of an hour of the days around changes of the clock.
    let mut locals: Vec<i64> = (0..9_000).map(|step| 315_532_800 + step * 173_220).collect();
    locals.retain(|local| *local < 1_735_689_600);
    let zones = [
        ("Asia/Baghdad", ["2007-04-01", "2007-10-01"]),
        ("Africa/Cairo", ["2014-05-16", "2023-10-26"]),
        // Clocks go back for Ramadan.
        ("Africa/Casablanca", ["2022-03-27", "2022-05-08"]),
        ("Asia/Beirut", ["2023-03-30", "2023-10-29"]),
        ("Asia/Damascus", ["2022-03-25", "2021-10-29"]),
        ("Asia/Amman", ["2021-10-29", "2022-02-25"]),
        ("Asia/Kathmandu", ["1986-01-01", "2020-01-01"]),
        ("UTC", ["2000-01-01", "2020-01-01"]),
    ];
    for (name, days) in zones {
        let zone = Zone::named(name).unwrap();
        let mut locals = locals.clone();
        for day in days {
            let day: jiff::civil::Date = day.parse().unwrap();
            let midnight = day.to_zoned(jiff::tz::TimeZone::UTC).unwrap().timestamp().as_second();
            locals.extend((-96..192).map(|quarter| midnight + quarter * 900));
        }
        let Some(expected) = zoneinfo(name, &locals) else {
            return eprintln!("skipped: python3 with the zones of tzdata is not installed");
        };
        assert_eq!(expected.len(), locals.len());
        for (local, expected) in locals.iter().zip(&expected) {
            let reading = zone.read(local * SECOND);
            let seconds: Vec<String> =
                reading.utc().iter().map(|utc| utc.div_euclid(SECOND).to_string()).collect();
            assert_eq!(
                format!("{} {}", reading.key(), seconds.join(" ")),
                *expected,
                "{name}, local second {local}"
            );
        }
    }
}

#[test]
fn repeated_and_skipped_hours_have_both_readings() {
    let local = |text: &str| {
        let local: jiff::civil::DateTime = text.parse().unwrap();
        i64::try_from(local.to_zoned(jiff::tz::TimeZone::UTC).unwrap().timestamp().as_nanosecond())
            .unwrap()
    };
    let cairo = Zone::named("africa/cairo").unwrap();
    assert_eq!(cairo.name(), "Africa/Cairo");
    assert_eq!(
        cairo.read(local("2023-10-26T23:30:00")),
        ZonedReading::Repeated {
            earlier: local("2023-10-26T20:30:00"),
            later: local("2023-10-26T21:30:00")
        }
    );
    assert_eq!(
        cairo.read(local("2023-04-28T00:30:00")),
        ZonedReading::Skipped {
            offset_before: local("2023-04-27T22:30:00"),
            offset_after: local("2023-04-27T21:30:00")
        }
    );
    assert_eq!(cairo.read(i64::MAX).key(), "once");
    assert_eq!(
        cairo.read(i64::MIN),
        ZonedReading::OutOfRange,
        "two hours further back is before 1677"
    );
}

#[test]
fn a_name_that_is_no_zone_is_refused() {
    for name in ["", "Baghdad", "UTC+3", "../../etc/passwd", "Asia/Baghdad/"] {
        assert!(Zone::named(name).unwrap_err().to_string().contains("IANA"), "{name}");
    }
}
