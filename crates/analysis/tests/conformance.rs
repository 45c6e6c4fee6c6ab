//! The suite accepts what keeps the contract and finds each way to break it.

mod faulty;

use analysis::Analyser;
use analysis::conformance::{EveryByte, Sample, SamplePiece, check};
use faulty::{Fault, Faulty};

fn samples() -> Vec<Sample> {
    let bytes: Vec<u8> = (0..700_u32).map(|number| (number % 7 * (number % 5)) as u8).collect();
    vec![
        Sample::of_bytes("bytes", &bytes),
        Sample::of_pieces(
            "all kinds",
            vec![
                SamplePiece::Zeros(40),
                SamplePiece::Data(bytes[..90].to_vec()),
                SamplePiece::Bad(30),
                SamplePiece::Zeros(5),
                SamplePiece::Data(bytes[90..200].to_vec()),
            ],
        ),
        Sample::of_pieces(
            "a terabyte of zeros",
            vec![SamplePiece::Data(bytes), SamplePiece::Zeros(1 << 40)],
        ),
        Sample::of_pieces("empty", Vec::new()),
    ]
}

#[test]
fn an_analyser_of_every_byte_keeps_the_contract() {
    let trials = check(&|| Box::new(EveryByte), &samples()).unwrap();
    assert_eq!((trials.samples_with_findings, trials.not_saved), (4, 0));
    assert!(
        trials.divisions > 1_000 && trials.restored > 1_000 && trials.refused > 1_000,
        "{trials:?}"
    );
}

#[test]
fn an_analyser_that_saves_no_state_keeps_the_contract_and_is_counted() {
    for fault in [Fault::NeverSaves, Fault::LargeState] {
        let trials = check(&|| Box::new(Faulty(fault)), &samples()).unwrap();
        assert_eq!(trials.restored, 0);
        assert!(trials.not_saved > 1_000, "{trials:?}");
    }
}

#[test]
fn each_way_to_break_the_contract_is_found() {
    for (fault, words) in [
        (Fault::CountsPieces, "gives"),
        (Fault::CountsZeroPieces, "zeros as zeros"),
        (Fault::ForgetsOnSave, "is another one when it is restored"),
        (Fault::SavesPartOfState, "restored at byte"),
        (Fault::PanicsOnDamagedState, "it panics after the damaged state"),
        (Fault::PanicsOnBytes, "it fails"),
        (Fault::UnknownKey, "it fails"),
        (Fault::LongHead, "more than 65536 bytes of the start"),
        (Fault::StateDiffers, "differs when it is saved twice"),
    ] {
        let divergence =
            check(&|| Box::new(Faulty(fault)) as Box<dyn Analyser>, &samples()).unwrap_err();
        assert!(divergence.to_string().contains(words), "{fault:?}: {divergence}");
    }
}
