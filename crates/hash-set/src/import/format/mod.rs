//! The formats, one file each.

pub(crate) mod autopsy_kdb;
mod column_words;
mod csv_table;
mod digest_list;
pub(crate) mod encase;
pub(crate) mod hash_keeper;
mod hashdeep;
pub(crate) mod ilook;
pub(crate) mod interpol_icse;
pub(crate) mod list_line;
mod list_rows;
pub(crate) mod md5deep;
mod misp;
mod nsrl;
pub(crate) mod project_vic;
pub(crate) mod sqlite_file;
mod stix;
mod sum_line;
mod sums;
mod x_ways;

pub(crate) use column_words::role_of_column;
pub(crate) use csv_table::{MOST_LINES_BEFORE_HEADER, TableHeader, in_utf8};
pub(crate) use hashdeep::HEADER_MARK as HASHDEEP_HEADER;
pub(crate) use nsrl::{HEADER_V1_5 as NSRL_HEADER_V1_5, HEADER_V2 as NSRL_HEADER_V2};
pub(crate) use sum_line::SumLine;

use super::collector::Collector;
use super::reading::SourceFile;
use crate::{Format, ImportError, ImportOptions};

impl Format {
    /// Reads all records of `source`.
    pub(crate) fn read(
        self,
        source: &SourceFile,
        options: &ImportOptions,
        collector: &mut Collector<'_>,
    ) -> Result<(), ImportError> {
        match self {
            Self::CsvTable => csv_table::read(source, options, collector),
            Self::DigestList => digest_list::read(source, options, collector),
            Self::Sums => sums::read(source, b'\n', options, collector),
            Self::SumsZero => sums::read(source, 0, options, collector),
            Self::Hashdeep => hashdeep::read(source, collector),
            Self::Md5Deep => md5deep::read(source, options, collector),
            Self::NsrlRdsV3 => nsrl::read_v3(source, options, collector),
            Self::NsrlRdsV2 => nsrl::read_v2(source, nsrl::Layout::V2, options, collector),
            Self::NsrlRdsV1_5 => nsrl::read_v2(source, nsrl::Layout::V1_5, options, collector),
            Self::HashKeeper => hash_keeper::read(source, options, collector),
            Self::EnCase => encase::read(source, collector),
            Self::ILook => ilook::read(source, options, collector),
            Self::XWays => x_ways::read(source, options, collector),
            Self::InterpolIcse => interpol_icse::read(source, options, collector),
            Self::ProjectVic => project_vic::read(source, collector),
            Self::Misp => misp::read(source, collector),
            Self::Stix => stix::read(source, collector),
            Self::AutopsyKdb => autopsy_kdb::read(source, collector),
        }
    }
}
