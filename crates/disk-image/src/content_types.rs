//! The content types of containers by the first bytes of a file, by the names of shared-mime-info 2.4 where it has one.

/// A signature at a byte offset of the file, and the type.
struct Signature(usize, &'static [u8], &'static str);

const SIGNATURES: &[Signature] = &[
    Signature(0, b"EVF\x09\x0d\x0a\xff\x00", "application/x-ewf"),
    Signature(0, b"LVF\x09\x0d\x0a\xff\x00", "application/x-ewf-logical"),
    Signature(0, b"EVF2\x0d\x0a\x81\x00", "application/x-ewf"),
    Signature(0, b"LEF2\x0d\x0a\x81\x00", "application/x-ewf-logical"),
    Signature(0, b"QFI\xfb", "application/x-qemu-disk"),
    Signature(0, b"KDMV", "application/x-vmdk-disk"),
    Signature(0, b"COWD\x01\0\0\0", "application/x-vmdk-disk"),
    Signature(0, b"\xbe\xba\xfe\xca\0\0\0\0", "application/x-vmdk-disk"),
    Signature(0, b"# Disk DescriptorFile", "application/x-vmdk-disk"),
    Signature(0, b"vhdxfile", "application/x-vhdx-disk"),
    Signature(64, b"\x7f\x10\xda\xbe", "application/x-vdi-disk"),
    Signature(0, b"conectix", "application/x-vhd-disk"),
    Signature(0, b"encrcdsa", "application/x-apple-diskimage"),
    Signature(0, b"ADSEGMENTEDFILE\0", "application/x-ad1"),
    Signature(0, b"AFF10\r\n\0", "application/x-aff"),
    Signature(30, b"container.description", "application/x-aff4"),
    Signature(30, b"information.turtle", "application/x-aff4"),
    Signature(0, b"WithoutFreeSpace", "application/x-parallels-disk"),
    Signature(0, b"WithouFreSpacExt", "application/x-parallels-disk"),
];

/// All types that [`container_type`] gives.
pub const CONTAINER_TYPES: &[&str] = &[
    "application/x-ewf",
    "application/x-ewf-logical",
    "application/x-qemu-disk",
    "application/x-vmdk-disk",
    "application/x-vhdx-disk",
    "application/x-vdi-disk",
    "application/x-vhd-disk",
    "application/x-apple-diskimage",
    "application/x-ad1",
    "application/x-aff",
    "application/x-aff4",
    "application/x-parallels-disk",
];

/// The content type of a container that stands at the beginning of a file; `None` for one whose signature stands at its end, too.
#[must_use]
pub fn container_type(head: &[u8]) -> Option<&'static str> {
    let found = SIGNATURES.iter().find(|Signature(at, bytes, _)| {
        head.get(*at..).is_some_and(|rest| rest.starts_with(bytes))
    });
    found.map(|Signature(.., name)| *name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_signature_gives_a_type_of_the_list() {
        for Signature(at, bytes, name) in SIGNATURES {
            let head = [vec![0; *at], bytes.to_vec()].concat();
            assert_eq!(container_type(&head), Some(*name));
            assert!(CONTAINER_TYPES.contains(name), "{name}");
        }
        assert_eq!(container_type(b"KDM"), None);
    }
}
