//! `athar completions` and `athar man`: made from the same words that the program understands.

use std::fs;
use std::path::{Path, PathBuf};

use clap_complete::Shell;
use serde_json::json;

use crate::arguments;
use crate::exit::{Exit, Failure};
use crate::output::Output;
use crate::quantities::counted;

/// Prints the script that completes commands and options in a shell.
pub(crate) fn completions(shell: Shell, output: &mut Output) -> Result<Exit, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut arguments::command(), "athar", &mut script);
    output.bytes(&script)?;
    Ok(Exit::Complete)
}

/// Writes one page a command into a folder, which is made if need be.
pub(crate) fn man(folder: &Path, output: &mut Output) -> Result<Exit, Failure> {
    fs::create_dir_all(folder).map_err(|error| failed(folder, &error))?;
    let mut pages = Vec::new();
    write_pages(arguments::command(), "athar", folder, &mut pages)?;
    if output.is_json() {
        let files: Vec<String> =
            pages.iter().map(|page| page.to_string_lossy().into_owned()).collect();
        output.object(&json!({ "pages": files }))?;
    } else {
        output.remark(&format!(
            "{} written to {}",
            counted(pages.len(), "page", "pages"),
            folder.display()
        ))?;
    }
    Ok(Exit::Complete)
}

fn write_pages(
    command: clap::Command,
    name: &str,
    folder: &Path,
    pages: &mut Vec<PathBuf>,
) -> Result<(), Failure> {
    let below: Vec<clap::Command> = command.get_subcommands().cloned().collect();
    let page = folder.join(format!("{name}.1"));
    let mut text = Vec::new();
    let command = command.disable_help_subcommand(true).name(name.to_owned());
    clap_mangen::Man::new(command).render(&mut text).map_err(|error| failed(&page, &error))?;
    fs::write(&page, text).map_err(|error| failed(&page, &error))?;
    pages.push(page);
    below.into_iter().filter(|sub| sub.get_name() != "help").try_for_each(|sub| {
        let below = format!("{name}-{}", sub.get_name());
        write_pages(sub, &below, folder, pages)
    })
}

fn failed(path: &Path, error: &std::io::Error) -> Failure {
    Failure::Check(format!("{}: {error}", path.display()))
}
