//! `cargo xtask sbom`: the list of everything that is built into athar (CycloneDX, JSON).

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use serde_json::Value;
use tempfile::TempDir;

use crate::failure::{Attempt, Failure, Outcome};
use crate::process::{exists, output, say_and_run};
use crate::workspace::{cargo, files, root};

#[derive(clap::Args, Debug)]
pub(crate) struct Arguments {
    /// The file to write
    #[arg(long, default_value = "target/athar.cdx.json", value_name = "FILE")]
    out: PathBuf,
}

/// What stands for the folder of the source, which says nothing to others.
const SOURCE: &str = "file:///athar";

pub(crate) fn run(arguments: &Arguments) -> Outcome<ExitCode> {
    let folder = TempDir::new().when("temporary folder")?;
    let root = root();
    for file in files(&root)? {
        let to = folder.path().join(&file);
        let parent = to.parent().unwrap_or(folder.path());
        std::fs::create_dir_all(parent).when(parent.display())?;
        std::fs::copy(root.join(&file), &to).when(to.display())?;
    }
    let text = of(folder.path(), None)?;
    let out = root.join(&arguments.out);
    let parent = out.parent().unwrap_or(&root);
    std::fs::create_dir_all(parent).when(parent.display())?;
    std::fs::write(&out, text).when(out.display())?;
    println!("{}", out.display());
    Ok(ExitCode::SUCCESS)
}

/// The list for the source in `folder`, into which cargo-cyclonedx writes. `epoch` is the time that it bears, in seconds since 1970.
pub(crate) fn of(folder: &Path, epoch: Option<&str>) -> Outcome<String> {
    if !exists("cargo-cyclonedx") {
        println!("cargo-cyclonedx is missing and is installed now; that takes some minutes");
        if !say_and_run(&mut cargo(&["install", "cargo-cyclonedx", "--locked", "--quiet"]))?
            .success()
        {
            return Err(Failure::new("cargo-cyclonedx could not be installed"));
        }
    }
    let mut command = cargo(&["cyclonedx", "--format", "json", "--spec-version", "1.5"]);
    command.args(["--override-filename", "athar.cdx", "--quiet"]).current_dir(folder);
    // With a time that is given, it leaves out the random serial number too: the same source gives the same list.
    command.env("SOURCE_DATE_EPOCH", epoch.unwrap_or("0"));
    output(&mut command)?;
    let written = folder.join("crates/cli/athar.cdx.json");
    let text = std::fs::read_to_string(&written).when(written.display())?;
    let text = text.replace(&format!("file://{}", folder.display()), SOURCE);
    let parts = judge(&text)?;
    println!("{parts} components");
    Ok(text)
}

/// A list that names the program, and has parts that depend on each other. Gives the number of parts.
fn judge(text: &str) -> Outcome<usize> {
    let list: Value = serde_json::from_str(text).when("the list of components")?;
    let parts = list["components"].as_array().map_or(0, Vec::len);
    let named = list["bomFormat"] == "CycloneDX" && list["metadata"]["component"]["name"] == "cli";
    match named
        && parts > 0
        && list["dependencies"].as_array().is_some_and(|links| links.len() > parts)
    {
        true => Ok(parts),
        false => Err(Failure::new("the list of components is not whole")),
    }
}

#[cfg(test)]
mod tests {
    use super::judge;

    #[test]
    fn a_list_without_parts_or_of_another_program_is_refused() {
        let list = |name: &str, parts: &str, links: &str| {
            format!(
                r#"{{"bomFormat":"CycloneDX","metadata":{{"component":{{"name":"{name}"}}}},"components":[{parts}],"dependencies":[{links}]}}"#
            )
        };
        assert_eq!(judge(&list("cli", "{}", "{},{}")).unwrap(), 1);
        assert!(judge(&list("cli", "", "")).is_err());
        assert!(judge(&list("other", "{}", "{},{}")).is_err());
        assert!(judge("rubbish").is_err());
    }
}
