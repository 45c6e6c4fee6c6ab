//! CASE/UCO 1.5.0 as JSON-LD: the case, its images, and every entry as an investigative action.

use std::collections::BTreeSet;
use std::io::{self, Write};

use case_model::{Algorithm, Digests, to_hex};
use sha1::{Digest, Sha1};

use crate::entry::StoredEntry;
use crate::json::{Json, Object, canonical_bytes, parse_canonical};

/// The prefixes of the ontologies.
const CONTEXT: [(&str, &str); 10] = [
    ("kb", "urn:uuid:"),
    ("case-investigation", "https://ontology.caseontology.org/case/investigation/"),
    ("uco-action", "https://ontology.unifiedcyberontology.org/uco/action/"),
    ("uco-configuration", "https://ontology.unifiedcyberontology.org/uco/configuration/"),
    ("uco-core", "https://ontology.unifiedcyberontology.org/uco/core/"),
    ("uco-identity", "https://ontology.unifiedcyberontology.org/uco/identity/"),
    ("uco-location", "https://ontology.unifiedcyberontology.org/uco/location/"),
    ("uco-observable", "https://ontology.unifiedcyberontology.org/uco/observable/"),
    ("uco-tool", "https://ontology.unifiedcyberontology.org/uco/tool/"),
    ("uco-types", "https://ontology.unifiedcyberontology.org/uco/types/"),
];

/// The case.
#[derive(Clone, Debug, Default)]
pub struct CaseHeader {
    /// The record's name: ids are derived from it, so that two exports of one record agree.
    pub origin: String,
    /// The case's name.
    pub name: String,
    /// What authorises the work: kind and number, such as `réquisition`, `PG/2026/77`.
    pub authorization: Option<(String, String)>,
}

/// An image in the case.
#[derive(Clone, Debug)]
pub struct CaseImage {
    /// The exhibit that it is of.
    pub exhibit: String,
    /// What the exhibit is.
    pub description: String,
    /// The file's name.
    pub file_name: String,
    /// The medium's size in bytes.
    pub size_bytes: u64,
    /// The medium's digests. BLAKE3 is left out: the vocabulary of the ontology has no word for it.
    pub digests: Digests,
}

/// Returns the text of a UUID (RFC 9562, section 4).
fn uuid_text(uuid: &[u8]) -> String {
    let digits = to_hex(uuid);
    let group = |range: std::ops::Range<usize>| digits.get(range).unwrap_or_default();
    format!(
        "{}-{}-{}-{}-{}",
        group(0..8),
        group(8..12),
        group(12..16),
        group(16..20),
        group(20..32)
    )
}

/// Writes the document. `entries` are read once; of a broken record, what can be read is written.
///
/// # Errors
/// When reading or writing fails.
pub fn write_case_jsonld(
    out: &mut dyn Write,
    header: &CaseHeader,
    images: &[CaseImage],
    entries: impl IntoIterator<Item = io::Result<StoredEntry>>,
) -> io::Result<()> {
    let context =
        CONTEXT.iter().map(|(prefix, iri)| ((*prefix).to_owned(), Json::from(*iri))).collect();
    out.write_all(b"{\"@context\":")?;
    out.write_all(&bytes(&Json::Object(context))?)?;
    out.write_all(b",\"@graph\":[\n")?;
    let mut graph = Graph { out, origin: &header.origin, written: BTreeSet::new() };
    graph.investigation(header, images)?;
    for image in images {
        graph.image(image)?;
    }
    let mut previous = None;
    for entry in entries {
        let entry = entry?;
        if let Ok(body) = parse_canonical(&entry.body) {
            previous = Some(graph.action(&entry, &body, images, previous)?);
        }
    }
    graph.out.write_all(b"\n]}\n")
}

struct Graph<'a> {
    out: &'a mut dyn Write,
    origin: &'a str,
    /// Nodes that are there already: persons, tools and places are named by many entries.
    written: BTreeSet<String>,
}

impl Graph<'_> {
    /// `kb:` and a UUID of version 5 (RFC 9562, section 5.5; SHACL accepts none above) from the record's name, the kind of thing and
    /// its name. Neither of the first two holds a line feed.
    fn id(&self, kind: &str, name: &str) -> String {
        /// The namespace for URLs, RFC 9562, section 6.6.
        const URL: [u8; 16] = [
            0x6b, 0xa7, 0xb8, 0x11, 0x9d, 0xad, 0x11, 0xd1, 0x80, 0xb4, 0x00, 0xc0, 0x4f, 0xd4,
            0x30, 0xc8,
        ];
        let hash = Sha1::new()
            .chain_update(URL)
            .chain_update(format!("urn:athar\n{}\n{kind}\n{name}", self.origin));
        let mut uuid: Vec<u8> = hash.finalize().iter().copied().take(URL.len()).collect();
        uuid.iter_mut().skip(6).take(1).for_each(|byte| *byte = *byte & 0x0f | 0x50);
        uuid.iter_mut().skip(8).take(1).for_each(|byte| *byte = *byte & 0x3f | 0x80);
        format!("kb:{}", uuid_text(&uuid))
    }

    /// Writes a node unless it is there, and gives the reference to it.
    fn node(&mut self, id: String, class: &str, members: Vec<(&str, Json)>) -> io::Result<Json> {
        if self.written.insert(id.clone()) {
            if self.written.len() > 1 {
                self.out.write_all(b",\n")?;
            }
            let mut node: Object =
                members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
            node.insert("@id".to_owned(), Json::from(id.as_str()));
            node.insert("@type".to_owned(), Json::from(class));
            self.out.write_all(&bytes(&Json::Object(node))?)?;
        }
        Ok(reference(&id))
    }

    fn investigation(&mut self, header: &CaseHeader, images: &[CaseImage]) -> io::Result<()> {
        let exhibits: BTreeSet<_> = images.iter().map(|image| image.exhibit.as_str()).collect();
        let objects =
            exhibits.into_iter().map(|exhibit| reference(&self.id("exhibit", exhibit))).collect();
        let mut members = vec![
            ("uco-core:name", Json::from(header.name.as_str())),
            ("case-investigation:investigationForm", Json::from("case")),
            ("uco-core:object", Json::List(objects)),
        ];
        if let Some((kind, number)) = &header.authorization {
            let authorization = self.authorization(kind, number)?;
            members.push(("case-investigation:relevantAuthorization", authorization));
        }
        let id = self.id("investigation", &header.name);
        self.node(id, "case-investigation:Investigation", members).map(drop)
    }

    fn image(&mut self, image: &CaseImage) -> io::Result<()> {
        let key = format!("{}\n{}", image.exhibit, image.file_name);
        let facet = |kind: &str, class: &str, members: Vec<(&str, Json)>| {
            let mut node =
                vec![("@id", Json::from(self.id(kind, &key))), ("@type", Json::from(class))];
            node.extend(members);
            Json::Object(node.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
        };
        let file = facet(
            "file facet",
            "uco-observable:FileFacet",
            vec![
                ("uco-observable:fileName", Json::from(image.file_name.as_str())),
                ("uco-observable:sizeInBytes", typed("xsd:integer", &image.size_bytes.to_string())),
            ],
        );
        let vocabulary =
            [(Algorithm::Md5, "MD5"), (Algorithm::Sha1, "SHA1"), (Algorithm::Sha256, "SHA256")];
        let hashes = vocabulary.into_iter().filter_map(|(algorithm, method)| {
            let value = to_hex(image.digests.get(algorithm)?).to_ascii_uppercase();
            Some(facet(
                method,
                "uco-types:Hash",
                vec![
                    ("uco-types:hashMethod", Json::from(method)),
                    ("uco-types:hashValue", typed("xsd:hexBinary", &value)),
                ],
            ))
        });
        let hashes = Json::List(hashes.collect());
        let content = facet(
            "content facet",
            "uco-observable:ContentDataFacet",
            vec![("uco-observable:hash", hashes)],
        );
        let facets = ("uco-core:hasFacet", Json::List(vec![file, content]));
        let item = self.node(self.id("image", &key), "uco-observable:Image", vec![facets])?;
        let exhibit = Json::from(image.exhibit.as_str());
        let members = vec![
            ("uco-core:description", Json::from(image.description.as_str())),
            ("case-investigation:exhibitNumber", exhibit.clone()),
            ("case-investigation:rootExhibitNumber", exhibit),
            ("uco-core:object", Json::List(vec![item])),
        ];
        let id = self.id("exhibit", &image.exhibit);
        self.node(id, "case-investigation:ProvenanceRecord", members).map(drop)
    }

    /// An entry. Its hash and its fields stand in the description: the ontology has no words for them.
    fn action(
        &mut self,
        entry: &StoredEntry,
        body: &Json,
        images: &[CaseImage],
        previous: Option<Json>,
    ) -> io::Result<Json> {
        let text = |names: &[&str]| text_at(body, names).unwrap_or_default().to_owned();
        let fields = bytes(body.get("fields").unwrap_or(&Json::Null))?;
        let description = format!(
            "{}entry {}, SHA-256 {}: {}",
            text_at(body, &["reason"]).map(|reason| format!("{reason}\n")).unwrap_or_default(),
            entry.seq,
            to_hex(&entry.hash),
            String::from_utf8_lossy(&fields),
        );
        let start = text(&["time", "start"]);
        let mut members = vec![
            ("uco-core:name", Json::from(text(&["act"]))),
            ("uco-core:description", Json::from(description)),
            ("uco-action:startTime", typed("xsd:dateTime", &start)),
            ("uco-action:performer", self.person(body)?),
            ("uco-action:instrument", Json::List(vec![self.tool(body)?])),
        ];
        if let Some(end) = text_at(body, &["time", "end"]) {
            members.push(("uco-action:endTime", typed("xsd:dateTime", end)));
        }
        if let Some(place) = text_at(body, &["place"]) {
            let name = vec![("uco-core:name", Json::from(place))];
            let place = self.node(self.id("place", place), "uco-location:Location", name)?;
            members.push(("uco-action:location", Json::List(vec![place])));
        }
        let exhibit = text_at(body, &["fields", "exhibit"]);
        if let Some(image) = images.iter().find(|image| Some(image.exhibit.as_str()) == exhibit) {
            let object = reference(&self.id("exhibit", &image.exhibit));
            members.push(("uco-action:object", Json::List(vec![object])));
        }
        members.extend(
            previous
                .map(|previous| ("case-investigation:wasInformedBy", Json::List(vec![previous]))),
        );
        let id = self.id("entry", &format!("{} {}", entry.seq, to_hex(&entry.hash)));
        self.node(id, "case-investigation:InvestigativeAction", members)
    }

    fn person(&mut self, body: &Json) -> io::Result<Json> {
        let name = text_at(body, &["actor", "name"]).unwrap_or_default();
        let declared =
            body.get("actor").and_then(|actor| actor.get("declared")) == Some(&Json::Bool(true));
        let how =
            if declared { "named themselves" } else { "operating system user, unauthenticated" };
        let members =
            vec![("uco-core:name", Json::from(name)), ("uco-core:description", Json::from(how))];
        let id = self.id(how, name);
        self.node(id, "uco-identity:Person", members)
    }

    fn authorization(&mut self, kind: &str, number: &str) -> io::Result<Json> {
        let members = vec![
            ("case-investigation:authorizationType", Json::from(kind)),
            ("case-investigation:authorizationIdentifier", Json::from(number)),
        ];
        self.node(self.id("authorization", number), "case-investigation:Authorization", members)
    }

    /// Returns an item of the configuration of the tool with this key.
    fn configuration_entry(&self, key: &str, item: &str, value: &str) -> Json {
        Json::from([
            ("@id", Json::from(self.id(item, key))),
            ("@type", Json::from("uco-configuration:ConfigurationEntry")),
            ("uco-configuration:itemName", Json::from(item)),
            ("uco-configuration:itemValue", Json::from(value)),
        ])
    }

    fn tool(&mut self, body: &Json) -> io::Result<Json> {
        let [name, version, commit, build] = ["name", "version", "commit", "build"]
            .map(|member| text_at(body, &["tool", member]).unwrap_or_default());
        let key = [name, version, commit, build].join("\n");
        let entry = |item: &str, value: &str| self.configuration_entry(&key, item, value);
        let entries = vec![entry("commit", commit), entry("build", build)];
        let configuration = Json::from([
            ("@id", Json::from(self.id("configuration", &key))),
            ("@type", Json::from("uco-configuration:Configuration")),
            ("uco-configuration:configurationEntry", Json::List(entries)),
        ]);
        let members = vec![
            ("uco-core:name", Json::from(name)),
            ("uco-tool:version", Json::from(version)),
            ("uco-configuration:usesConfiguration", configuration),
        ];
        let id = self.id("tool", &key);
        self.node(id, "uco-tool:ConfiguredTool", members)
    }
}

fn text_at<'a>(body: &'a Json, names: &[&str]) -> Option<&'a str> {
    names.iter().try_fold(body, |value, name| value.get(name))?.as_text()
}

fn reference(id: &str) -> Json {
    Json::from([("@id", Json::from(id))])
}

fn typed(kind: &str, value: &str) -> Json {
    let iri = kind.replace("xsd:", "http://www.w3.org/2001/XMLSchema#");
    Json::from([("@type", Json::from(iri)), ("@value", Json::from(value))])
}

fn bytes(json: &Json) -> io::Result<Vec<u8>> {
    canonical_bytes(json).map_err(io::Error::other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_those_of_pythons_uuid5() {
        let graph = Graph { out: &mut Vec::new(), origin: "lab/log", written: BTreeSet::new() };
        // uuid.uuid5(uuid.NAMESPACE_URL, "urn:athar\nlab/log\nexhibit\nS-0142-01")
        assert_eq!(graph.id("exhibit", "S-0142-01"), "kb:ac1153b3-3acc-583b-84ce-6ef16c6f51b5");
    }
}
