//! How QEMU names a backing image: a path, `file:PATH`, `json:{…}` with a tree of block drivers, or a place on a network
//! (`docs/interop/qcow2.rst` and "Device URL Syntax" of QEMU's manual).

use std::collections::BTreeMap;

use serde_json::Value;

use crate::ImageError;

/// Places that are no files beside the image, as they are written before a colon.
const ELSEWHERE: &[(&str, &str)] = &[
    ("nbd", "a network block device"),
    ("nbd+tcp", "a network block device"),
    ("nbd+unix", "a network block device"),
    ("http", "a web address"),
    ("https", "a web address"),
    ("ftp", "an FTP address"),
    ("ftps", "an FTP address"),
    ("ssh", "a file of another machine"),
    ("nfs", "a file of another machine"),
    ("iscsi", "an iSCSI device"),
    ("iser", "an iSCSI device"),
    ("rbd", "a Ceph device"),
    ("gluster", "a Gluster volume"),
    ("sheepdog", "a Sheepdog volume"),
    ("fat", "a folder that QEMU shows as a FAT disk"),
    ("host_device", "a device of the machine that ran it"),
    ("host_cdrom", "a device of the machine that ran it"),
];

/// Drivers of image formats.
const FORMATS: &[&str] = &["raw", "qcow2", "qcow", "vmdk", "vhdx", "vpc", "vdi", "dmg"];

/// Options that change how bytes are fetched, not which.
const WITHOUT_MEANING: &[&str] = &[
    "aio",
    "aio-max-batch",
    "auto-read-only",
    "cache.direct",
    "cache.no-flush",
    "detect-zeroes",
    "discard",
    "drop-cache",
    "force-share",
    "locking",
    "node-name",
    "pr-manager",
    "read-only",
    "x-check-cache-dropped",
];

/// A backing image that is a file.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Backing {
    /// Its path as stored.
    pub(super) path: String,
    /// Its format as QEMU calls it; `None` when nothing says it.
    pub(super) format: Option<String>,
}

/// Reads the stored name of a backing image; `format` is what the header says of it besides.
///
/// # Errors
/// [`ImageError::ParentNotRead`] when it is no file, or has options that are not read.
pub(super) fn read(
    container: &'static str,
    stored: &str,
    format: Option<&str>,
) -> Result<Backing, ImageError> {
    let refuse =
        |why: String| ImageError::ParentNotRead { container, name: stored.to_owned(), why };
    if let Some(text) = stored.strip_prefix("json:") {
        let mut options = BTreeMap::new();
        let tree =
            serde_json::from_str(text).map_err(|error| refuse(format!("not JSON ({error})")))?;
        flatten("", tree, &mut options).map_err(refuse)?;
        let mut backing = from_options(options).map_err(refuse)?;
        // Where both say something, QEMU believes the header.
        backing.format =
            format.filter(|format| !format.is_empty()).map(str::to_owned).or(backing.format);
        return Ok(backing);
    }
    plain(stored, format).map_err(refuse)
}

/// Reads a path, or the address of something else.
fn plain(stored: &str, format: Option<&str>) -> Result<Backing, String> {
    let at = |path: &str| Ok(Backing { path: path.to_owned(), format: format.map(str::to_owned) });
    let Some((scheme, rest)) = stored.split_once(':').filter(|(scheme, _)| !scheme.contains('/'))
    else {
        return at(stored);
    };
    if scheme == "file" {
        return at(rest);
    }
    let transport = scheme.split('+').next();
    match ELSEWHERE.iter().find(|(known, _)| transport == Some(known) || scheme == *known) {
        Some((_, what)) => Err((*what).to_owned()),
        None if rest.starts_with("//") => Err(format!("an address of the kind {scheme:?}")),
        // A drive of Windows, or a name with a colon.
        None => at(stored),
    }
}

/// Writes the options of a tree as QEMU does: `file.filename` for `{"file": {"filename": …}}`.
fn flatten(prefix: &str, tree: Value, options: &mut BTreeMap<String, Value>) -> Result<(), String> {
    let Value::Object(members) = tree else {
        return Err(format!("{prefix:?} is not an object"));
    };
    for (key, value) in members {
        let path = if prefix.is_empty() { key } else { format!("{prefix}.{key}") };
        match value {
            Value::Object(_) => flatten(&path, value, options)?,
            Value::Array(_) => return Err(format!("its option {path:?} is not read")),
            value => {
                if options.insert(path.clone(), value).is_some() {
                    return Err(format!("it says {path:?} twice"));
                }
            }
        }
    }
    Ok(())
}

/// Reads a format driver over a file driver, or a file driver alone, which gives the bytes as they are.
fn from_options(mut options: BTreeMap<String, Value>) -> Result<Backing, String> {
    let driver = take_text(&mut options, "driver")?;
    let below = take_text(&mut options, "file.driver")?;
    let own = take_text(&mut options, "filename")?;
    let inner = take_text(&mut options, "file.filename")?;
    if let Some(other) = [&driver, &below].into_iter().flatten().find(|name| is_elsewhere(name)) {
        return Err(elsewhere(other));
    }
    let format = driver.as_deref().map(format_of).transpose()?;
    if let Some(other) = below.filter(|below| below != "file") {
        return Err(format!("its driver {other:?} is not read"));
    }
    let has_meaning = |key: &&String| {
        let plain = key.strip_prefix("file.").unwrap_or(key);
        !WITHOUT_MEANING.contains(&plain)
    };
    if let Some(option) = options.keys().find(has_meaning) {
        return Err(format!("its option {option:?} is not read"));
    }
    let path = match (driver.as_deref(), own, inner) {
        (Some("file") | None, Some(path), None) => path,
        (driver, None, Some(path)) if driver != Some("file") => path,
        _ => return Err("it names no file".to_owned()),
    };
    plain(&path, format)
}

/// Returns the format that a driver reads.
fn format_of(driver: &str) -> Result<&str, String> {
    match driver {
        "file" => Ok("raw"),
        format if FORMATS.contains(&format) => Ok(format),
        other => Err(format!("its driver {other:?} is not read")),
    }
}

/// Takes an option that is a text.
fn take_text(options: &mut BTreeMap<String, Value>, key: &str) -> Result<Option<String>, String> {
    match options.remove(key) {
        Some(Value::String(text)) => Ok(Some(text)),
        Some(other) => Err(format!("its option {key:?} is {other}, not a text")),
        None => Ok(None),
    }
}

fn is_elsewhere(driver: &str) -> bool {
    ELSEWHERE.iter().any(|(known, _)| *known == driver)
}

fn elsewhere(driver: &str) -> String {
    let what = ELSEWHERE.iter().find(|(known, _)| *known == driver).map_or("", |(_, what)| *what);
    what.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(stored: &str, format: Option<&str>) -> Result<(String, Option<String>), String> {
        match read("qcow2", stored, format) {
            Ok(backing) => Ok((backing.path, backing.format)),
            Err(error) => Err(error.to_string()),
        }
    }

    #[test]
    fn trees_that_lead_to_a_file_are_understood_as_qemu_does() {
        let is =
            |path: &str, format: Option<&str>| Ok((path.to_owned(), format.map(str::to_owned)));
        for (stored, header, expected) in [
            ("base.raw", Some("raw"), is("base.raw", Some("raw"))),
            ("/a/b:c.raw", None, is("/a/b:c.raw", None)),
            ("C:\\vm\\base.vmdk", None, is("C:\\vm\\base.vmdk", None)),
            ("file:base.raw", None, is("base.raw", None)),
            (
                r#"json:{"driver":"raw","file":{"driver":"file","filename":"b"}}"#,
                None,
                is("b", Some("raw")),
            ),
            (
                r#"json:{"driver":"qcow2","file.driver":"file","file.filename":"b"}"#,
                Some("raw"),
                is("b", Some("raw")),
            ),
            (r#"json:{"driver":"file","filename":"b"}"#, None, is("b", Some("raw"))),
            (
                r#"json:{"file":{"filename":"file:b","locking":"off"},"read-only":true}"#,
                Some("vmdk"),
                is("b", Some("vmdk")),
            ),
        ] {
            assert_eq!(said(stored, header), expected, "{stored}");
        }
    }

    #[test]
    fn what_is_no_file_or_not_read_is_said_as_what_it_is() {
        for (stored, word) in [
            ("nbd:127.0.0.1:10809", "a network block device"),
            ("nbd+unix:///x?socket=/run/x", "a network block device"),
            ("https://host/x.raw", "a web address"),
            ("gluster+tcp://x/y", "a Gluster volume"),
            ("other://x/y", "an address of the kind \"other\""),
            (r#"json:{"driver":"nbd","host":"h"}"#, "a network block device"),
            (r#"json:{"driver":"raw","file":{"driver":"https","url":"h"}}"#, "a web address"),
            (
                r#"json:{"driver":"raw","offset":512,"file":{"driver":"file","filename":"b"}}"#,
                "\"offset\" is not read",
            ),
            (r#"json:{"driver":"luks","file":{"filename":"b"}}"#, "\"luks\" is not read"),
            (r#"json:{"driver":"qcow2","file":"node"}"#, "\"file\" is not read"),
            (r#"json:{"driver":"quorum","children":[1]}"#, "\"children\" is not read"),
            (r#"json:{"driver":"raw"}"#, "names no file"),
            (r#"json:{"driver":1}"#, "not a text"),
            ("json:{", "not JSON"),
            ("json:[]", "not an object"),
        ] {
            let text = said(stored, None).unwrap_err();
            assert!(text.contains(word) && text.contains("qemu-img rebase"), "{stored}: {text}");
        }
    }
}
