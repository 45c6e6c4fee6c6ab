//! The metadata region (MS-VHDX 2.6). All numbers are little-endian.

use byte_source::{Expected, Problem, ProblemKind, Scratch, Source, Structure, read_vec};
use words::term;

use crate::problems::{unreadable, value};

const NAME: &str = "VHDX metadata table";
/// `metadata`, little-endian.
const SIGNATURE: u64 = u64::from_le_bytes(*b"metadata");
/// Length in bytes of the table; the items lie behind it.
const TABLE_BYTES: u64 = 64 << 10;
/// Entries of the table, by the specification.
const MOST_ENTRIES: usize = 2047;
/// Bytes of an item that are read; a parent locator holds a few paths.
const MOST_ITEM_BYTES: u64 = 1 << 20;
/// Keys of a parent locator; Hyper-V writes five.
const MOST_KEYS: u16 = 64;

/// CAA16737-FA36-4D43-B3B6-33F0AA44E76B
const FILE_PARAMETERS: [u8; 16] = [
    0x37, 0x67, 0xa1, 0xca, 0x36, 0xfa, 0x43, 0x4d, 0xb3, 0xb6, 0x33, 0xf0, 0xaa, 0x44, 0xe7, 0x6b,
];
/// 2FA54224-CD1B-4876-B211-5DBED83BF4B8
const VIRTUAL_DISK_SIZE: [u8; 16] = [
    0x24, 0x42, 0xa5, 0x2f, 0x1b, 0xcd, 0x76, 0x48, 0xb2, 0x11, 0x5d, 0xbe, 0xd8, 0x3b, 0xf4, 0xb8,
];
/// BECA12AB-B2E6-4523-93EF-C309E000C746
const VIRTUAL_DISK_ID: [u8; 16] = [
    0xab, 0x12, 0xca, 0xbe, 0xe6, 0xb2, 0x23, 0x45, 0x93, 0xef, 0xc3, 0x09, 0xe0, 0x00, 0xc7, 0x46,
];
/// 8141BF1D-A96F-4709-BA47-F233A8FAAB5F
const LOGICAL_SECTOR_SIZE: [u8; 16] = [
    0x1d, 0xbf, 0x41, 0x81, 0x6f, 0xa9, 0x09, 0x47, 0xba, 0x47, 0xf2, 0x33, 0xa8, 0xfa, 0xab, 0x5f,
];
/// CDA348C7-445D-4471-9CC9-E9885251C556
const PHYSICAL_SECTOR_SIZE: [u8; 16] = [
    0xc7, 0x48, 0xa3, 0xcd, 0x5d, 0x44, 0x71, 0x44, 0x9c, 0xc9, 0xe9, 0x88, 0x52, 0x51, 0xc5, 0x56,
];
/// Bit of an entry's flags: whoever does not know the item must not read the image.
const REQUIRED: u32 = 4;
/// A8D35F2D-B30B-454D-ABF7-D3D84834AB0C
const PARENT_LOCATOR: [u8; 16] = [
    0x2d, 0x5f, 0xd3, 0xa8, 0x0b, 0xb3, 0x4d, 0x45, 0xab, 0xf7, 0xd3, 0xd8, 0x48, 0x34, 0xab, 0x0c,
];

/// What the metadata say.
#[derive(Default)]
pub(super) struct Metadata {
    pub(super) block_size: u32,
    pub(super) has_parent: bool,
    pub(super) virtual_disk_size: u64,
    pub(super) virtual_disk_id: [u8; 16],
    pub(super) logical_sector_size: u32,
    parent: Vec<(String, String)>,
    /// Items that nobody knows.
    pub(super) notes: Vec<Problem>,
}

impl Metadata {
    /// The value of `key` of the parent locator.
    pub(super) fn parent_value(&self, key: &str) -> Option<&str> {
        self.parent.iter().find(|(name, _)| name == key).map(|(_, value)| value.as_str())
    }
}

/// Reads the metadata region, which begins at byte `at` and has `bytes` bytes.
///
/// # Errors
/// The [`Problem`] for which the medium cannot be laid out.
pub(super) fn read(
    source: &dyn Source,
    (at, bytes): (u64, u64),
    scratch: &mut Scratch,
) -> Result<Metadata, Problem> {
    let table =
        read_vec(source, at, TABLE_BYTES.min(bytes), scratch).map_err(unreadable(NAME, at))?;
    let table = Structure::new(NAME, at, &table);
    let signature = table.u64_le(0)?;
    if signature != SIGNATURE {
        return Err(value(&table, "signature", Expected::Exactly(SIGNATURE), signature));
    }
    let mut metadata = Metadata::default();
    for number in 0..usize::from(table.u16_le(10)?).min(MOST_ENTRIES) {
        let start = 32_usize.saturating_add(number.saturating_mul(32));
        let entry = table.part("VHDX metadata table entry", start, 32)?;
        let item_at = at.saturating_add(entry.u32_le(16)?.into());
        let item =
            read_vec(source, item_at, u64::from(entry.u32_le(20)?).min(MOST_ITEM_BYTES), scratch)
                .map_err(|reason| entry.damage(ProblemKind::Unreadable(reason)))?;
        metadata.item(&entry, &Structure::new("VHDX metadata item", item_at, &item))?;
    }
    metadata.check(&table)?;
    Ok(metadata)
}

impl Metadata {
    fn item(&mut self, entry: &Structure<'_>, item: &Structure<'_>) -> Result<(), Problem> {
        match entry.array(0)? {
            FILE_PARAMETERS => {
                self.block_size = item.u32_le(0)?;
                self.has_parent = item.u32_le(4)? & 2 != 0;
            }
            VIRTUAL_DISK_SIZE => self.virtual_disk_size = item.u64_le(0)?,
            VIRTUAL_DISK_ID => self.virtual_disk_id = item.array(0)?,
            LOGICAL_SECTOR_SIZE => self.logical_sector_size = item.u32_le(0)?,
            PARENT_LOCATOR => self.parent = locator(item)?,
            PHYSICAL_SECTOR_SIZE => {}
            other => self.unknown(other, entry)?,
        }
        Ok(())
    }

    /// An item of another program. What is marked as required must be understood (MS-VHDX 2.6.1.2), the rest is said.
    fn unknown(&mut self, item: [u8; 16], entry: &Structure<'_>) -> Result<(), Problem> {
        if entry.u32_le(24)? & REQUIRED != 0 {
            let feature = term!("vhdx.required-metadata-item");
            let value = entry.u64_le(0)?;
            return Err(entry.damage(ProblemKind::Unsupported { feature, value }));
        }
        self.notes.push(
            entry
                .damage(ProblemKind::unknown(
                    term!("vhdx.metadata-item"),
                    &case_model::to_hex(&item),
                ))
                .as_note(),
        );
        Ok(())
    }

    fn check(&self, table: &Structure<'_>) -> Result<(), Problem> {
        if !self.block_size.is_power_of_two() || !(1 << 20..=256 << 20).contains(&self.block_size) {
            let expected = Expected::Rule(term!("vhdx.power-two-1-mib-256"));
            return Err(value(table, "block size", expected, self.block_size.into()));
        }
        if !matches!(self.logical_sector_size, 512 | 4096) {
            let expected = Expected::Rule(term!("vhdx.512-4096"));
            return Err(value(
                table,
                "logical sector size",
                expected,
                self.logical_sector_size.into(),
            ));
        }
        Ok(())
    }
}

/// The keys and values of a parent locator: UTF-16, little-endian, at offsets from its beginning.
fn locator(item: &Structure<'_>) -> Result<Vec<(String, String)>, Problem> {
    let mut pairs = Vec::new();
    for number in 0..item.u16_le(18)?.min(MOST_KEYS) {
        let entry = item.part(
            "VHDX parent locator",
            20_usize.saturating_add(usize::from(number).saturating_mul(12)),
            12,
        )?;
        let key = utf16(item, entry.u32_le(0)?, entry.u16_le(8)?)?;
        pairs.push((key, utf16(item, entry.u32_le(4)?, entry.u16_le(10)?)?));
    }
    Ok(pairs)
}

/// Returns the UTF-16 text of so many bytes at an offset.
fn utf16(item: &Structure<'_>, offset: u32, bytes: u16) -> Result<String, Problem> {
    let units = item.bytes(byte_source::index(offset.into()), bytes.into())?;
    let units: Vec<u16> =
        units.as_chunks::<2>().0.iter().map(|unit| u16::from_le_bytes(*unit)).collect();
    Ok(String::from_utf16_lossy(&units))
}
