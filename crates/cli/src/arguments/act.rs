//! The words of `athar custody add`: made from one table, so that what the help calls required is what the entry requires.

use std::path::PathBuf;

use clap::{Arg, ArgAction, ArgMatches, Command, Error, FromArgMatches, Subcommand, value_parser};
use custody::Act;

/// An option that becomes a field of the entry.
pub(crate) struct FieldWord {
    /// The field; the option is the same with dashes.
    pub(crate) field: &'static str,
    help: &'static str,
}

/// An act that people do and write down.
pub(crate) struct ActForm {
    pub(crate) act: Act,
    about: &'static str,
    pub(crate) fields: &'static [FieldWord],
}

const fn field(field: &'static str, help: &'static str) -> FieldWord {
    FieldWord { field, help }
}

const EXHIBIT: FieldWord = field("exhibit", "Number of the exhibit");
const SEAL: FieldWord = field("seal", "Number of the seal");
const SEAL_STATE: FieldWord =
    field("seal_state", "How the seal was found: intact, broken, none, …");
const RECEIPT: FieldWord = field("receipt", "Number of the receipt, or who signed it");
const METHOD: FieldWord = field("method", "How: in person, courier, registered post, …");
const APPROVER: FieldWord = field("approver", "Who approved it");
const FROM: FieldWord = field("from", "From whom: person and office");
const TO: FieldWord = field("to", "To whom: person and office");
const DESCRIPTION: FieldWord = field("description", "What the exhibit is");

/// All forms, in the order of an exhibit's life.
pub(crate) const FORMS: &[ActForm] = &[
    ActForm {
        act: Act::Receive,
        about: "An exhibit was received",
        fields: &[
            EXHIBIT,
            FROM,
            SEAL_STATE,
            SEAL,
            DESCRIPTION,
            field("make", "Its make"),
            field("model", "Its model"),
            field("serial", "Its serial number"),
            field("capacity", "Its capacity as printed on it"),
            field("condition", "Its condition"),
            field("root_exhibit", "The exhibit that it was taken out of"),
            field("authority", "What authorises the work: requisition or warrant, number, court"),
            METHOD,
            RECEIPT,
        ],
    },
    ActForm {
        act: Act::SealCheck,
        about: "A seal was looked at",
        fields: &[EXHIBIT, SEAL, SEAL_STATE],
    },
    ActForm {
        act: Act::Unseal,
        about: "A seal was broken",
        fields: &[EXHIBIT, field("seal_before", "Number of the seal that was broken"), SEAL_STATE],
    },
    ActForm {
        act: Act::Reseal,
        about: "An exhibit was sealed again",
        fields: &[
            EXHIBIT,
            field("seal_after", "Number of the new seal"),
            field("seal_before", "Number of the old one"),
        ],
    },
    ActForm {
        act: Act::CheckOut,
        about: "An exhibit was taken out of the store room",
        fields: &[EXHIBIT, TO, field("until", "When it is to be back"), SEAL, SEAL_STATE],
    },
    ActForm {
        act: Act::CheckIn,
        about: "An exhibit was brought back to the store room",
        fields: &[EXHIBIT, FROM, SEAL, SEAL_STATE],
    },
    ActForm {
        act: Act::TransferOut,
        about: "An exhibit was handed to somebody outside",
        fields: &[
            EXHIBIT,
            FROM,
            TO,
            METHOD,
            field("carrier", "Who carries it"),
            RECEIPT,
            SEAL,
            SEAL_STATE,
        ],
    },
    ActForm {
        act: Act::TransferIn,
        about: "An exhibit was taken over from somebody outside",
        fields: &[
            EXHIBIT,
            FROM,
            TO,
            METHOD,
            field("carrier", "Who carried it"),
            RECEIPT,
            SEAL,
            SEAL_STATE,
        ],
    },
    ActForm {
        act: Act::Acquire,
        about: "An image was made of a medium",
        fields: &[
            EXHIBIT,
            field("source", "The medium: make, model, serial number, size"),
            field("write_blocker", "The write blocker: make and model, or why there was none"),
            field("blocker_serial", "Its serial number"),
            field("blocker_firmware", "Its firmware"),
            field("blocker_test", "When and how it was tested, with which result"),
            field(
                "image",
                "The image's file; when it is there, what its container claims is copied in as claimed",
            ),
            field(
                "digests",
                "Digest of the medium as the acquiring program gave it, as in sha256:9f86…; may be given again",
            ),
            field("read_errors", "What could not be read, or \"none\""),
            field("acquired_with", "The acquiring program and its version"),
            field(
                "clock_offset",
                "How far the suspect's clock was off, and by what it was measured",
            ),
        ],
    },
    ActForm {
        act: Act::Verify,
        about: "Digests were computed again and compared, outside of this program",
        fields: &[
            field("subject", "What was verified"),
            field("result", "With which result"),
            EXHIBIT,
            field("digests", "A digest, as in sha256:9f86…; may be given again"),
            field("verified_with", "The program and its version"),
        ],
    },
    ActForm {
        act: Act::Note,
        about: "An observation in words",
        fields: &[field("text", "The words; @FILE takes them from a file"), EXHIBIT],
    },
    ActForm {
        act: Act::Deviation,
        about: "A departure from the procedure, with its justification",
        fields: &[
            field("procedure", "The procedure that was departed from"),
            field("justification", "Why"),
            APPROVER,
            EXHIBIT,
        ],
    },
    ActForm {
        act: Act::Correct,
        about: "An earlier entry is corrected; it stays as it is",
        fields: &[
            field("corrects_seq", "Number of the entry that is wrong"),
            field("text", "What is right; @FILE takes it from a file"),
        ],
    },
    ActForm {
        act: Act::ClockCheck,
        about: "The machine's clock was compared with another one",
        fields: &[
            field("reference", "The other clock"),
            field("difference", "How far this one is off"),
        ],
    },
    ActForm {
        act: Act::Return,
        about: "An exhibit was given back",
        fields: &[EXHIBIT, TO, METHOD, RECEIPT, SEAL, SEAL_STATE],
    },
    ActForm {
        act: Act::Destroy,
        about: "An exhibit or a copy was destroyed",
        fields: &[field("what", "What was destroyed"), field("method", "How"), APPROVER, EXHIBIT],
    },
];

/// Options that every act takes and that become fields.
const COMMON: &[FieldWord] = &[
    field("role", "Role of the person who acts"),
    field("second_person", "Who was present and can confirm it"),
    field(
        "happened",
        "When it was done, if not now (in words or ISO 8601); the entry's own time is that of writing",
    ),
    field("procedure_reference", "Procedure or method, with its version"),
];

/// Fields that may be given more than once.
const REPEATED: [&str; 1] = ["digests"];

/// An act with everything that was said about it.
#[derive(Debug)]
pub(crate) struct AddAct {
    pub(crate) act: Act,
    pub(crate) case: Option<String>,
    pub(crate) reason: Option<String>,
    pub(crate) place: Option<String>,
    /// Field and values, as typed.
    pub(crate) fields: Vec<(&'static str, Vec<String>)>,
    pub(crate) documents: Vec<PathBuf>,
    pub(crate) sign_with: Option<String>,
}

fn option_name(field: &str) -> String {
    field.replace('_', "-")
}

fn option(word: &FieldWord, required: bool) -> Arg {
    let help = if required { format!("{} (required)", word.help) } else { word.help.to_owned() };
    let action = if REPEATED.contains(&word.field) { ArgAction::Append } else { ArgAction::Set };
    let name = if word.field == "digests" { "digest".to_owned() } else { option_name(word.field) };
    Arg::new(word.field).long(name).help(help).required(required).action(action).value_name("TEXT")
}

impl ActForm {
    fn command(&self) -> Command {
        let needed = self.act.requirements();
        let case =
            Arg::new("case").value_name("CASE").required(needed.case).help(match needed.case {
                true => "The case",
                false => "The case; without it the lab's own ledger",
            });
        let reason = Arg::new("reason").long("reason").value_name("TEXT").required(needed.reason);
        let reason = reason.help(if needed.reason { "Why (required)" } else { "Why" });
        let own = self.fields.iter().map(|word| option(word, needed.fields.contains(&word.field)));
        let document =
            Arg::new("document").long("document").value_name("FILE").action(ArgAction::Append);
        let document = document.value_parser(value_parser!(PathBuf)).help(
            "A photograph, form or receipt: its name, size and SHA-256 go into the entry; may be given again",
        );
        Command::new(option_name(self.act.key()))
            .about(self.about)
            .arg(case)
            .args(own)
            .arg(reason)
            .arg(Arg::new("place").long("place").value_name("TEXT").help("Where"))
            .args(COMMON.iter().map(|word| option(word, false)))
            .arg(document)
            .arg(Arg::new("sign-with").long("sign-with").value_name("KEY").help(
                "Sign the entry with this personal key: the private key's file, or its id, name or holder",
            ))
    }

    fn read(&self, matches: &ArgMatches) -> AddAct {
        let one = |name: &str| matches.get_one::<String>(name).cloned();
        let fields = self.fields.iter().chain(COMMON).filter_map(|word| {
            let values: Vec<String> = matches.get_many::<String>(word.field)?.cloned().collect();
            Some((word.field, values))
        });
        AddAct {
            act: self.act,
            case: one("case"),
            reason: one("reason"),
            place: one("place"),
            fields: fields.collect(),
            documents: matches
                .get_many::<PathBuf>("document")
                .into_iter()
                .flatten()
                .cloned()
                .collect(),
            sign_with: one("sign-with"),
        }
    }
}

impl FromArgMatches for AddAct {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        let chosen = matches.subcommand().and_then(|(name, matches)| {
            let form = FORMS.iter().find(|form| option_name(form.act.key()) == name)?;
            Some(form.read(matches))
        });
        chosen.ok_or_else(|| Error::new(clap::error::ErrorKind::MissingSubcommand))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl Subcommand for AddAct {
    fn augment_subcommands(command: Command) -> Command {
        command.subcommands(FORMS.iter().map(ActForm::command)).subcommand_required(true)
    }

    fn augment_subcommands_for_update(command: Command) -> Command {
        Self::augment_subcommands(command)
    }

    fn has_subcommand(name: &str) -> bool {
        FORMS.iter().any(|form| option_name(form.act.key()) == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_that_an_act_requires_has_its_option() {
        for form in FORMS {
            for needed in form.act.requirements().fields {
                assert!(
                    form.fields.iter().any(|word| word.field == *needed),
                    "{} lacks {needed}",
                    form.act
                );
            }
        }
    }
}
