//! The detection of collision attacks on SHA-1, on the pairs that were published.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
use hash_engine::CollisionDetector;

/// Returns the answer for a message in parts of `part` bytes.
fn has_marks(message: &[u8], part: usize) -> bool {
    let mut detector = CollisionDetector::default();
    message.chunks(part).for_each(|bytes| detector.update(bytes));
    detector.finish()
}

/// The answers are those of sha1-checked 0.10.0 for every beginning of the four files.
#[test]
fn both_files_of_each_pair_have_marks_from_the_block_on_that_completes_the_collision() {
    for (message, complete) in
        [(SHATTERED_1, 320), (SHATTERED_2, 320), (SHAMBLES_1, 640), (SHAMBLES_2, 640)]
    {
        let message = case_model::from_hex(message).unwrap();
        assert_eq!(message.len(), complete);
        for length in 0..=complete {
            assert_eq!(has_marks(&message[..length], 64), length == complete, "{length} bytes");
        }
    }
}

#[test]
fn marks_stay_whatever_follows_and_however_the_message_is_cut() {
    let mut message = case_model::from_hex(SHATTERED_1).unwrap();
    message.extend([0; 1000]);
    for part in [1, 3, 63, 64, 65, 127, 128, 320, 1320] {
        assert!(has_marks(&message, part), "parts of {part} bytes");
    }
    message[200] ^= 1;
    assert!(!has_marks(&message, 64));
}

/// One bit of a colliding block that is changed leaves no mark.
#[test]
fn blocks_near_an_attack_have_no_marks() {
    let message = case_model::from_hex(SHAMBLES_1).unwrap();
    for bit in 0..640 * 8 {
        let mut message = message.clone();
        message[bit / 8] ^= 1 << (bit % 8);
        assert!(!has_marks(&message, 640), "bit {bit}");
    }
}

/// Fills and counted bytes of every length about the ends of a block: sha1-checked finds no marks in them.
#[test]
fn ordinary_messages_have_no_marks() {
    for length in 0..300_usize {
        for byte in [0, 0x80, 0xff] {
            assert!(!has_marks(&vec![byte; length], 7));
        }
        let counted: Vec<u8> = (0..length).map(|at| (at * at / 3) as u8).collect();
        assert!(!has_marks(&counted, 50));
    }
}

/// The bytes that shattered-1.pdf begins with (M. Stevens and others, 2017, https://shattered.io).
const SHATTERED_1: &str = "\
     255044462d312e330a25e2e3cfd30a0a0a312030206f626a0a3c3c2f57696474682032203020522f\
     4865696768742033203020522f547970652034203020522f537562747970652035203020522f4669\
     6c7465722036203020522f436f6c6f7253706163652037203020522f4c656e677468203820302052\
     2f42697473506572436f6d706f6e656e7420383e3e0a73747265616d0affd8fffe00245348412d31\
     20697320646561642121212121852fec092339759c39b1a1c63c4c97e1fffe017346dc9166b67e11\
     8f029ab621b2560ff9ca67cca8c7f85ba84c79030c2b3de218f86db3a90901d5df45c14f26fedfb3\
     dc38e96ac22fe7bd728f0e45bce046d23c570feb141398bb552ef5a0a82be331fea48037b8b5d71f\
     0e332edf93ac3500eb4ddc0decc1a864790c782c76215660dd309791d06bd0af3f98cda4bc4629b1\
     ";

/// The bytes that shattered-2.pdf begins with.
const SHATTERED_2: &str = "\
     255044462d312e330a25e2e3cfd30a0a0a312030206f626a0a3c3c2f57696474682032203020522f\
     4865696768742033203020522f547970652034203020522f537562747970652035203020522f4669\
     6c7465722036203020522f436f6c6f7253706163652037203020522f4c656e677468203820302052\
     2f42697473506572436f6d706f6e656e7420383e3e0a73747265616d0affd8fffe00245348412d31\
     20697320646561642121212121852fec092339759c39b1a1c63c4c97e1fffe017f46dc93a6b67e01\
     3b029aaa1db2560b45ca67d688c7f84b8c4c791fe02b3df614f86db1690901c56b45c1530afedfb7\
     6038e972722fe7ad728f0e4904e046c230570fe9d41398abe12ef5bc942be33542a4802d98b5d70f\
     2a332ec37fac3514e74ddc0f2cc1a874cd0c78305a21566461309789606bd0bf3f98cda8044629a1\
     ";

/// The first message of the chosen-prefix collision (G. Leurent and T. Peyrin, 2020,
/// https://sha-mbles.github.io).
const SHAMBLES_1: &str = "\
     99040d047fe81780012000ff4b65792069732070617274206f66206120636f6c6c6973696f6e2120\
     49742773206120747261702179c61af0afcc054515d9274e7307624b1dc7fb23988bb8de8b575dba\
     7b9eab31c1674b6d974378a827732ff5851c76a2e60772b5a47ce1eac40bb993c12d8c70e24a4f8d\
     5fcdedc1b32c9cf19e31af2429759d42e4dfdb31719f587623ee552939b6dcdc459fca53553b70f8\
     7ede30a247ea3af6c759a2f20b320d760db64ff479084fd3ccb3cdd48362d96a9c430617caff6c36\
     c637e53fde28417f626fec54ed7943a46e5f5730f2bb38fb1df6e0090010d00e24ad78bf92641993\
     608e8d158a789f34c46fe1e6027f35a4cbfb827076c50eca0e8b7cca69bb2c2b790259f9bf9570dd\
     8d4437a3115faff7c3cac09ad25266055c27104755178eaeff825a2caa2acfb5de64ce7641dc59a5\
     41a9fc9c756756e2e23dc713c8c24c9790aa6b0e38a7f55f14452a1ca2850ddd9562fd9a18ad4249\
     6aa97008f74672f68ef461eb88b09933d626b4f918749cc027fddd6c425fc4216835d0134d15285b\
     ab2cb784a4f7cbb4fb514d4bf0f6237cf00a9e9f132b9a066e6fd17f6c42987478586ff651af9674\
     7fb426b9872b9a88e4063f59bb334cc00650f83a80c42751b71974d300fc2819a2e8f1e32c1b51cb\
     18e6bfc4db9baef675d4aaf5b1574a047f8f6dd2ec153a93412293974d928f88ced9363cfef97ce2\
     e742bf34c96b8ef3875676fea5cca8e5f7dea0bab2413d4de00ee71ee01f162bdb6d1eafd925e6ae\
     baae6a354ef17cf205a404fbdb12fc454d41fdd95cf2459664a2ad032d1da60a73264075d7f1e0d6\
     c1403ae7a0d861df3fe5707188dd5e07d1589b9f8b6630553f8fc352b3e0c27da80bddba4c64020d\
     ";

/// The second message of the chosen-prefix collision.
const SHAMBLES_2: &str = "\
     99030d047fe81780011800ff50726163746963616c205348412d312063686f73656e2d7072656669\
     7820636f6c6c6973696f6e211d276c6ba661e1040e1f7d767f076249ddc7fb332c8bb8c2b7575dbe\
     c79eab2be1674b7db34378b4cb732fe1891c76a0260772a5107ce1f6e80bb9977d2d8c68524a4f9d\
     5fcdedcd0b2c9ce19231af26e9759d5250dfdb2d4d9f58729fee553319b6dccc619fca4fb93b70ec\
     72de30a087ea3ae67359a2ee27320d72b1b64fecc9084fc3ccb3cdd83b62d97a904306150aff6c26\
     7237e523e228417bde6fec4ecd7943b44a5f572c1ebb38ef11f6e00bc010d01e90ad78a3be641997\
     dc8e8d0d3a789f24c46fe1eaba7f35b4c7fb8272b6c50edaba8b7cd655bb2c2fc50259e39f9570cd\
     a94437bffd5fafe3cfcac09812526615e827105b79178eaa43825a341a2acfa5de64ce7af9dc59b5\
     4da9fc9eb56756f2563dc70ff4c24c932caa6b1418a7f54f30452a004e850dc99962fd98d8ad4259\
     dea97014db4672f232f461f338b09923d626b4f5a0749cd02bfddd6e825fc431dc35d00f7115285f\
     172cb79e84f7cba4df514d571cf62368fc0a9e9dd32b9a16da6fd16340429870c4586feee1af9664\
     7fb426b53f2b9a98e8063f5b7b334cd0b250f826bcc427550b1974c920fc280986e8f1ffc01b51df\
     14e6bfc61b9baee6c1d4aae99d574a00c38f6dca5c153a834122939bf5928f98c2d9363e3ef97cf2\
     5342bf28f56b8ef73b5676e485cca8f5d3dea0a65e413d59ec0ee71c201f163b6f6d1eb3f525e6aa\
     06ae6a2dfef17ce205a404f76312fc554141fddb9cf24586d0a2ad1f111da60ecf26406ff7f1e0c6\
     e5403afb4cd861cb33e5707348dd5e1765589b83a7663051838fc34a03e0c26da80bddb6f464021d\
     ";
