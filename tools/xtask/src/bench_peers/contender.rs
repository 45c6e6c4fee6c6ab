//! The programs that are measured side by side.

use std::ffi::OsString;
use std::path::Path;
use std::process::Command;

use super::extracted_files::ExtractedFiles;
use super::subject::Subject;
use crate::process::exists;

/// What is said of athar's scan, which all others are compared with.
pub(super) const SCAN: &str = "athar scan";

/// A program with its arguments; those that are files in the run's own folder have relative names.
pub(super) struct Contender {
    pub(super) name: &'static str,
    /// What it does, so that the work can be compared too.
    pub(super) work: &'static str,
    program: OsString,
    arguments: Vec<OsString>,
    /// Why it cannot run.
    pub(super) lacking: Option<String>,
    /// Exit codes of a run that did its work.
    pub(super) success: &'static [i32],
}

impl Contender {
    /// The command, to be run in an empty folder.
    pub(super) fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command.args(&self.arguments);
        command
    }

    /// The command as it can be typed, with the image's file name in place of its path.
    pub(super) fn typed(&self, subject: &Subject, folder: &Path) -> String {
        let name = Path::new(&self.program).file_name().unwrap_or(&self.program).to_string_lossy();
        let mut words = vec![name.into_owned()];
        words.extend(self.arguments.iter().map(|word| match Path::new(word) {
            word if word == subject.path => subject.name(),
            word if word == folder => "FILES/".to_owned(),
            word => word.to_string_lossy().into_owned(),
        }));
        words.join(" ")
    }

    fn peer(
        name: &'static str,
        work: &'static str,
        arguments: &[&str],
        last: impl Into<OsString>,
    ) -> Self {
        let program = name.split(' ').next().unwrap_or(name);
        let lacking = (!exists(program)).then(|| format!("{program} is not installed"));
        let arguments = arguments.iter().map(OsString::from).chain([last.into()]).collect();
        Self { name, work, program: program.into(), arguments, lacking, success: &[0] }
    }

    fn athar(
        name: &'static str,
        work: &'static str,
        athar: &Path,
        arguments: &[&str],
        image: &Path,
    ) -> Self {
        let arguments = arguments.iter().map(OsString::from).chain([image.into()]).collect();
        // 3: finished, but something of the image could not be read.
        Self { name, work, program: athar.into(), arguments, lacking: None, success: &[0, 3] }
    }
}

/// All programs for an image; athar's scan first.
pub(super) fn contenders(
    athar: &Path,
    threads: u16,
    subject: &Subject,
    files: &ExtractedFiles,
) -> Vec<Contender> {
    let image = subject.path.as_path();
    let threads = threads.to_string();
    let scan = [
        "scan",
        "--json",
        "--quiet",
        "--threads",
        &threads,
        "--examiner",
        "bench",
        "--lab",
        "lab",
        "--case",
        "bench",
    ];
    let scan_work = match subject.coded {
        true => {
            "SHA-256, BLAKE3 and stored digests of the medium; MD5, SHA-1, SHA-256 of every file; index, ledger"
        }
        false => {
            "SHA-256 and BLAKE3 of the medium; MD5, SHA-1, SHA-256 of every file; index, ledger"
        }
    };
    let mut all = vec![Contender::athar(SCAN, scan_work, athar, &scan, image)];
    if subject.coded {
        let verify = ["image", "verify", "--quiet", "--threads", &threads, "--lab", "lab"];
        all.push(Contender::athar(
            "athar image verify",
            "the medium's digests",
            athar,
            &verify,
            image,
        ));
        all.push(Contender::peer("ewfverify", "MD5 of the medium, 1 thread", &["-q"], image));
    }
    let fiwalk_work = "MD5 and SHA-1 of every file, XML; not the medium";
    all.push(Contender::peer("fiwalk -X", fiwalk_work, &["-X", "out.xml"], image));
    let loaddb_work = "MD5 of every file, SQLite; not the medium";
    all.push(Contender::peer("tsk_loaddb -h", loaddb_work, &["-h", "-d", "out.db"], image));
    if !subject.coded {
        all.push(hashdeep(files));
        all.push(Contender::peer(
            "openssl dgst -sha256",
            "SHA-256 of the medium",
            &["dgst", "-sha256"],
            image,
        ));
        all.push(Contender::peer("sha256sum", "SHA-256 of the medium", &[], image));
        all.push(Contender::peer("b3sum", "BLAKE3 of the medium, all processors", &[], image));
    }
    all
}

fn hashdeep(files: &ExtractedFiles) -> Contender {
    let work = "MD5, SHA-1, SHA-256 of every file in use, threads by default; not the medium";
    let options = ["-c", "md5,sha1,sha256", "-r"];
    let mut hashdeep =
        Contender::peer("hashdeep", work, &options, files.path().unwrap_or(Path::new("-")));
    if let ExtractedFiles::Absent(why) = files {
        hashdeep.lacking.get_or_insert_with(|| why.clone());
    }
    hashdeep
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use super::{ExtractedFiles, SCAN, Subject, contenders};

    #[test]
    fn the_scan_comes_first_and_a_missing_folder_keeps_hashdeep_out() {
        let subject =
            Subject { path: PathBuf::from("/i/a.raw"), coded: false, bytes: 9, disk_bytes: 9 };
        let files = ExtractedFiles::Absent("no files".to_owned());
        let all = contenders(Path::new("/bin/athar"), 2, &subject, &files);
        assert_eq!(all[0].name, SCAN);
        assert!(all[0].typed(&subject, Path::new("/f")).starts_with("athar scan --json"));
        assert!(all[0].typed(&subject, Path::new("/f")).ends_with(" a.raw"));
        let hashdeep = all.iter().find(|contender| contender.name == "hashdeep").unwrap();
        assert!(hashdeep.lacking.is_some());
        assert!(all.iter().all(|contender| contender.name != "ewfverify"));
    }

    #[test]
    fn a_compressed_image_is_verified_and_its_file_is_not_hashed() {
        let subject =
            Subject { path: PathBuf::from("/i/a.E01"), coded: true, bytes: 9, disk_bytes: 9 };
        let files = ExtractedFiles::Absent(String::new());
        let names: Vec<_> = contenders(Path::new("athar"), 2, &subject, &files)
            .iter()
            .map(|one| one.name)
            .collect();
        assert!(
            names.contains(&"ewfverify") && !names.contains(&"openssl dgst -sha256"),
            "{names:?}"
        );
    }
}
