//! An example for every command, shown at the end of its help and in its man page.

use clap::Command;

/// Command path and examples, one a line. Tests parse each of them.
const EXAMPLES: &[(&str, &str)] = &[
    (
        "",
        "athar scan disk.E01 --hash-set known-bad.csv --case 2026-0142\nathar find 2026-0142 --hit\nathar custody verify 2026-0142",
    ),
    (
        "scan",
        "athar scan disk.E01 phone.raw --hash-set known-bad.csv --case 2026-0142\nathar scan --resume --case 2026-0142\n\
         athar scan phone.raw --zone Asia/Baghdad --zone-source 'registry of the exhibit, SYSTEM hive' --case 2026-0142",
    ),
    (
        "find",
        "athar find 2026-0142 --hit\nathar find 2026-0142 --name '*.{jpg,png}' --path Downloads --modified-after 2026-01-01\nathar find --all-cases --sha256 ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
    ),
    ("case", "athar case list"),
    ("case list", "athar case list"),
    ("case show", "athar case show 2026-0142"),
    ("case digest", "athar case digest 2026-0142"),
    (
        "case withdraw",
        "athar case withdraw 2026-0142 /evidence/typo.raw --reason 'the name was wrong, disk.raw was meant'",
    ),
    (
        "case zone",
        "athar case zone 2026-0142 phone.raw Asia/Baghdad --source 'registry of the exhibit, SYSTEM hive'\n\
         athar case zone 2026-0142 phone.raw unknown --source 'the hive was of another machine'",
    ),
    ("case rename", "athar case rename tuesday 2026-0142 --reason 'number of the registry'"),
    ("case close", "athar case close 2026-0142 --reason 'judgment of 2026-11-30'"),
    ("case reopen", "athar case reopen 2026-0142 --reason appeal"),
    ("case remove", "athar case remove 2026-0124 --reason 'slip for 2026-0142'"),
    ("case backup", "athar case backup 2026-0142 /mnt/backup/"),
    (
        "case restore",
        "athar case restore /mnt/backup/2026-0142.athar-backup 2026-0142 --reason 'the disk failed'",
    ),
    (
        "case check",
        "athar case check 2026-0142\nathar case check /mnt/backup/2026-0142.athar-backup",
    ),
    ("hash-set", "athar hash-set list"),
    (
        "hash-set import",
        "athar hash-set import known-bad.csv --disposition alert\nathar hash-set import list.csv --columns 'Hash=md5,Name=name' --preview",
    ),
    ("hash-set list", "athar hash-set list"),
    ("hash-set show", "athar hash-set show known-bad --entries 20"),
    ("hash-set verify", "athar hash-set verify"),
    ("hash-set diff", "athar hash-set diff f177 09ab --summary"),
    ("hash-set export", "athar hash-set export known-bad --format csv --to known-bad-copy.csv"),
    ("hash-set rank", "athar hash-set rank circl --case 2026-0142 --list"),
    ("hash-set remove", "athar hash-set remove known-bad --reason 'withdrawn by its publisher'"),
    ("hash-set map", "athar hash-set map --scheme lab 1=alert 2=alert 5=no-change"),
    ("match", "athar match --hash-set new-list.csv --all-cases"),
    ("custody", "athar custody verify --all"),
    ("custody show", "athar custody show 2026-0142"),
    (
        "custody verify",
        "athar custody verify 2026-0142 --key lab.vkey\nathar custody verify --all\nathar custody verify export.zip --against paper.note",
    ),
    ("custody add", "athar custody add note 2026-0142 --text 'the seal was photographed'"),
    (
        "custody add receive",
        "athar custody add receive 2026-0142 --exhibit PC-1 --from 'police of Rabat' --seal-state intact --seal 77120",
    ),
    (
        "custody add seal-check",
        "athar custody add seal-check 2026-0142 --exhibit PC-1 --seal 77120 --seal-state intact",
    ),
    (
        "custody add unseal",
        "athar custody add unseal 2026-0142 --exhibit PC-1 --seal-before 77120 --reason 'to take the disk out'",
    ),
    ("custody add reseal", "athar custody add reseal 2026-0142 --exhibit PC-1 --seal-after 77121"),
    (
        "custody add check-out",
        "athar custody add check-out 2026-0142 --exhibit PC-1 --to 'Amal, room 4' --reason imaging",
    ),
    (
        "custody add check-in",
        "athar custody add check-in 2026-0142 --exhibit PC-1 --from 'Amal, room 4'",
    ),
    (
        "custody add transfer-out",
        "athar custody add transfer-out 2026-0142 --exhibit PC-1 --from lab --to 'court of Fes' --method courier --reason 'order of the court'",
    ),
    (
        "custody add transfer-in",
        "athar custody add transfer-in 2026-0142 --exhibit PC-1 --from 'court of Fes' --to lab --method courier",
    ),
    (
        "custody add acquire",
        "athar custody add acquire 2026-0142 --exhibit PC-1 --source 'WD10EZEX, 1 TB' --write-blocker 'Tableau T35u' --image disk.E01 --digest sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08 --read-errors none",
    ),
    (
        "custody add verify",
        "athar custody add verify 2026-0142 --subject disk.E01 --result 'agrees' --verified-with 'ewfverify 20240506'",
    ),
    ("custody add note", "athar custody add note 2026-0142 --text @observation.txt"),
    (
        "custody add deviation",
        "athar custody add deviation 2026-0142 --procedure PR-7 --justification 'the disk does not spin up twice'",
    ),
    (
        "custody add correct",
        "athar custody add correct 2026-0142 --corrects-seq 12 --text 'seal 77121, not 77112' --reason 'misread'",
    ),
    (
        "custody add clock-check",
        "athar custody add clock-check --reference DCF77 --difference '+0.4 s'",
    ),
    (
        "custody add return",
        "athar custody add return 2026-0142 --exhibit PC-1 --to 'the owner, in person'",
    ),
    (
        "custody add destroy",
        "athar custody add destroy 2026-0142 --what 'working copy' --method overwritten --approver 'head of the lab' --reason 'end of the retention time'",
    ),
    ("custody checkpoint", "athar custody checkpoint 2026-0142 --qr"),
    ("custody prove", "athar custody prove 2026-0142 12 --out entry-12.tlog-proof"),
    ("custody witness", "athar custody witness request 2026-0142 --out for-the-witness"),
    ("custody witness request", "athar custody witness request 2026-0142 --out for-the-witness"),
    (
        "custody witness sign",
        "athar custody witness sign for-the-witness --key witness.key --log-key lab.vkey --seen /var/lib/witness --out for-the-lab",
    ),
    ("custody witness import", "athar custody witness import for-the-lab 2026-0142"),
    (
        "custody timestamp",
        "athar custody timestamp 2026-0142 --request request.tsq\nathar custody timestamp 2026-0142 --token answer.tsr",
    ),
    (
        "custody export",
        "athar custody export 2026-0142 record.zip --authority 'requisition:PG/2026/77'",
    ),
    (
        "custody adopt",
        "athar custody adopt 2026-0142 --reason 'the key was not at hand that night; looked at by Amal'",
    ),
    (
        "custody restore",
        "athar custody restore 2026-0142 --from 'tape of Friday' --reason 'the disk failed'",
    ),
    ("key", "athar key list"),
    ("key new", "athar key new --holder 'Amal Idrissi' --passphrase"),
    ("key add", "athar key add witness.vkey --role witness --holder 'notary of Rabat'"),
    ("key list", "athar key list"),
    ("key revoke", "athar key revoke 02829f59 --reason 'the laptop was stolen' --since 2026-11-01"),
    ("key export", "athar key export --out lab.vkey"),
    ("key lock", "athar key lock"),
    ("evidence", "athar evidence verify --all --older-than 90d"),
    (
        "evidence verify",
        "athar evidence verify 2026-0142\nathar evidence verify --all --older-than 90d\n\
         athar evidence verify 2026-0142 --at /mnt/archive",
    ),
    ("image", "athar image info disk.E01"),
    ("image info", "athar image info disk.E01"),
    ("image verify", "athar image verify disk.E01"),
    (
        "image cat",
        "athar image cat disk.E01 '/Users/amal/notes.txt' > notes.txt\nathar image cat disk.E01 @1048576:ntfs:35-2 --extents",
    ),
    ("image list", "athar image list disk.E01"),
    ("volumes", "athar volumes disk.E01"),
    ("ls", "athar ls -r --deleted disk.E01 /Users"),
    (
        "stat",
        "athar stat disk.E01 '/Users/amal/notes.txt'\nathar stat phone.raw /DCIM/1.JPG --zone Africa/Cairo",
    ),
    (
        "cat",
        "athar cat 2026-0142 14 > beach.jpg\nathar cat 2026-0142 14 --at /mnt/archive > beach.jpg",
    ),
    ("export", "athar export 2026-0142 --format csv > files.csv"),
    (
        "extract",
        "athar extract 2026-0142 --hit --to out\n\
         athar extract 2026-0142 --name '*.{jpg,png}' --modified-after 2026-01-01 --to out\n\
         athar extract --all-cases --set known-bad --to out --at /mnt/archive",
    ),
    ("completions", "athar completions bash > /etc/bash_completion.d/athar"),
    ("man", "athar man /usr/local/share/man/man1"),
];

/// Puts the examples behind the help of every command.
pub(super) fn add(command: Command) -> Command {
    add_to(command, "")
}

fn add_to(command: Command, path: &str) -> Command {
    let example = EXAMPLES.iter().find(|(of, _)| *of == path);
    let command = match example {
        Some((_, lines)) => {
            let block: String = lines.lines().map(|line| format!("\n  {line}")).collect();
            let block = format!("Examples:{block}");
            let with = |before: Option<String>| match before {
                Some(before) => format!("{before}\n\n{block}"),
                None => block.clone(),
            };
            let short = command.get_after_help();
            let long = command.get_after_long_help();
            let short = short.map(ToString::to_string);
            let long = long.map(ToString::to_string);
            let has_long = long.is_some();
            let command = command.after_help(with(short));
            if has_long { command.after_long_help(with(long)) } else { command }
        }
        None => command,
    };
    let names: Vec<String> =
        command.get_subcommands().map(|sub| sub.get_name().to_owned()).collect();
    names.into_iter().fold(command, |command, name| {
        let below = if path.is_empty() { name.clone() } else { format!("{path} {name}") };
        command.mut_subcommand(name, |sub| add_to(sub, &below))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arguments::command;

    fn each(command: &Command, path: &str, visit: &mut dyn FnMut(&str, &Command)) {
        visit(path, command);
        for sub in command.get_subcommands().filter(|sub| sub.get_name() != "help") {
            let below = if path.is_empty() {
                sub.get_name().to_owned()
            } else {
                format!("{path} {}", sub.get_name())
            };
            each(sub, &below, visit);
        }
    }

    /// Words as a shell splits them: single quotes hold words together.
    fn words(line: &str) -> Vec<String> {
        let line = line.split(" > ").next().unwrap_or_default();
        let mut words = Vec::new();
        for (number, part) in line.split('\'').enumerate() {
            match number % 2 {
                0 if words.is_empty() || part.starts_with(' ') => {
                    words.extend(part.split_whitespace().map(str::to_owned));
                }
                0 => {}
                _ => words.push(part.to_owned()),
            }
        }
        words
    }

    #[test]
    fn every_command_has_an_example_and_every_example_is_understood() {
        let mut lacking = Vec::new();
        let mut paths = Vec::new();
        each(&command(), "", &mut |path, command| {
            paths.push(path.to_owned());
            let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            if !help.contains("Examples:\n  athar ") {
                lacking.push(path.to_owned());
            }
        });
        assert_eq!(lacking, Vec::<String>::new(), "commands without an example");
        for (path, lines) in
            EXAMPLES.iter().filter(|(path, _)| paths.iter().any(|known| known == path))
        {
            for line in lines.lines() {
                let parsed = command().try_get_matches_from(words(line));
                assert!(parsed.is_ok(), "{line}: {}", parsed.unwrap_err());
                assert!(line.starts_with(format!("athar {path}").trim_end()), "{path}: {line}");
            }
        }
    }

    #[test]
    fn examples_stand_in_the_short_and_the_long_help() {
        let mut command = command();
        let find = command.find_subcommand_mut("find").unwrap();
        for help in [find.render_help().to_string(), find.render_long_help().to_string()] {
            assert!(help.contains("athar find 2026-0142 --hit"), "{help}");
        }
    }
}
