//! The forms of an export.

use std::process::Command;

use crate::program::Lab;
use crate::shared_data::{folder, unpack};

#[test]
fn csv_and_body_file_hold_what_the_json_lines_hold() {
    let Some(shared) = folder() else { return };
    let lab = Lab::new();
    let image = unpack(&shared, "msuhanov-ntfs-si-vs-fn.raw", &lab.beside("evidence"));
    lab.scan(&image);
    let rows = lab.export("c");
    let csv = lab.run(&["export", "c", "--format", "csv"]);
    assert_eq!(csv.code(), 0, "{}", csv.err());
    let file = lab.write("export.csv", csv.bytes());
    let count = Command::new("python3")
        .args(["-c", "import csv,sys; r=list(csv.DictReader(open(sys.argv[1],newline='',encoding='utf-8'),strict=True)); assert all(None not in x and None not in x.values() for x in r); print('\\n'.join(x['path']+' '+x['sha256'] for x in r))"])
        .arg(&file)
        .output();
    let Ok(count) = count else { return eprintln!("skipped: python3 is not installed") };
    assert!(count.status.success(), "{}", String::from_utf8_lossy(&count.stderr));
    let theirs: Vec<String> =
        String::from_utf8(count.stdout).unwrap().lines().map(str::to_owned).collect();
    let ours: Vec<String> = rows
        .iter()
        .map(|row| {
            format!(
                "{} {}",
                row["path"].as_str().unwrap(),
                row["sha256"].as_str().unwrap_or_default()
            )
        })
        .collect();
    assert_eq!(theirs, ours);

    let body = lab.run(&["export", "c", "--format", "bodyfile"]);
    assert_eq!(body.code(), 0, "{}", body.err());
    let text = body.out();
    assert!(text.lines().all(|line| line.split('|').count() == 11), "{text}");
    let names = text.lines().filter(|line| line.contains("($FILE_NAME)")).count();
    assert!(names > 0);
    assert_eq!(text.lines().count() - names, rows.len());
    let file = lab.write("body.txt", text.as_bytes());
    let Ok(timeline) =
        Command::new("mactime").args(["-d", "-y", "-z", "UTC", "-b"]).arg(&file).output()
    else {
        return eprintln!("skipped: mactime is not installed");
    };
    let timeline = String::from_utf8_lossy(&timeline.stdout).into_owned();
    let row = rows.iter().find(|row| {
        row["stream"] == "data" && row["metadata"].is_null() && row["modified"].is_string()
    });
    let row = row.expect("a file with a time");
    let time = row["modified"].as_str().unwrap().get(..19).unwrap();
    let name = format!("@65536{}", row["path"].as_str().unwrap());
    assert!(
        timeline
            .lines()
            .any(|line| line.starts_with(time) && line.contains(&name) && line.contains("m")),
        "{time} {name}\n{timeline}"
    );
}
