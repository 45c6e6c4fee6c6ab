//! Killed at any moment: nothing that was acknowledged is lost, and the record verifies.

use std::io::Read;
use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::program::Lab;

/// How often; the whole form asks for more (`ATHAR_KILLS`).
fn rounds() -> u64 {
    std::env::var("ATHAR_KILLS").ok().and_then(|count| count.parse().ok()).unwrap_or(10)
}

#[test]
fn a_killed_program_loses_no_acknowledged_entry() {
    let lab = Lab::new();
    let item = lab.write("blank.img", &[0; 4096]);
    assert_eq!(lab.scan(&item).code(), 0);
    let clock = Instant::now();
    lab.done(&["custody", "add", "note", "c", "--text", "how long it takes"]);
    let whole = clock.elapsed();
    let mut acknowledged = Vec::new();
    let mut killed = 0;
    for round in 0..rounds() {
        let text = format!("round {round}");
        let mut child = lab
            .command(&["custody", "add", "note", "c", "--text", &text])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // Moments spread over the run by a fixed sequence: 617 has no common divisor with 1000.
        let moment = whole.mul_f64((round * 617 % 1000) as f64 / 900.0);
        wait(moment);
        // SIGKILL
        let _ = child.kill();
        let status = child.wait().unwrap();
        killed += u64::from(status.code().is_none());
        let mut out = String::new();
        child.stdout.take().unwrap().read_to_string(&mut out).unwrap();
        if out.contains("Entry ") {
            acknowledged.push(text);
        }
        let verdict = lab.run(&["custody", "verify", "c"]);
        assert_eq!(verdict.code(), 3, "round {round}: {}", verdict.all());
    }
    let shown = lab.done(&["custody", "show", "c", "--json"]).objects();
    let texts: Vec<&str> =
        shown.iter().filter_map(|entry| entry["body"]["fields"]["text"].as_str()).collect();
    for text in &acknowledged {
        assert!(texts.contains(&text.as_str()), "{text} was acknowledged and is gone");
    }
    // What was left unsigned is signed by the next command.
    lab.done(&["custody", "add", "note", "c", "--text", "afterwards"]);
    let verdict = lab.consistent(&["custody", "verify", "c", "--json"]).objects().remove(0);
    assert_eq!(verdict["signed_up_to"], verdict["entries"]);
    eprintln!(
        "{killed} of {} killed before their end, {} acknowledged",
        rounds(),
        acknowledged.len()
    );
}

#[test]
fn many_programs_at_once_lose_nothing_and_sign_everything() {
    let lab = Lab::new();
    let item = lab.write("blank.img", &[0; 4096]);
    assert_eq!(lab.scan(&item).code(), 0);
    let children: Vec<_> = (0..8)
        .map(|number| {
            let text = format!("at once {number}");
            lab.command(&["custody", "add", "note", "c", "--text", &text])
                .stdout(Stdio::null())
                .stderr(Stdio::piped())
                .spawn()
                .unwrap()
        })
        .collect();
    for child in children {
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    }
    let shown = lab.done(&["custody", "show", "c"]).out();
    for number in 0..8 {
        assert!(shown.contains(&format!("text: at once {number}")), "{number}: {shown}");
    }
    let verdict = lab.consistent(&["custody", "verify", "c", "--json"]).objects().remove(0);
    assert_eq!(verdict["signed_up_to"], verdict["entries"], "{verdict}");
}

fn wait(time: Duration) {
    let clock = Instant::now();
    while clock.elapsed() < time {
        std::thread::yield_now();
    }
}
