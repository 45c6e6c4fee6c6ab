//! Every path gives the digests of the standards, for every length, number of messages, split and order.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on fails")]

mod messages;

use case_model::Digests;
use hash_engine::{Engine, Job, Lanes, MessageState, Selection};
use messages::{Numbers, bytes, digests_of, selections};

/// The digests of whole messages by one path, each given as one segment.
fn digest_many(path: Engine, selection: Selection, messages: &[&[u8]]) -> Vec<Digests> {
    let segments: Vec<[&[u8]; 1]> = messages.iter().map(|message| [*message]).collect();
    let segments: Vec<&[&[u8]]> = segments.iter().map(<[&[u8]; 1]>::as_slice).collect();
    let mut found = vec![None; messages.len()];
    Lanes::with_engine(selection, path).unwrap().digest_many(&segments, |place, digests| {
        assert!(found[place].replace(digests).is_none(), "place {place} twice");
    });
    found.into_iter().map(|digests| digests.expect("every place")).collect()
}

fn assert_all(path: Engine, selection: Selection, messages: &[&[u8]]) {
    for (message, digests) in messages.iter().zip(digest_many(path, selection, messages)) {
        assert_eq!(
            digests,
            digests_of(selection, message),
            "{path}, {selection:?}, {} bytes",
            message.len()
        );
    }
}

#[test]
fn the_machine_is_told() {
    let paths: Vec<String> = Engine::available().map(|path| path.to_string()).collect();
    println!("paths tested here: {}", paths.join(", "));
    assert_eq!(Engine::available().last(), Some(Engine::Portable));
    assert_eq!(Lanes::new(Selection::FILES).engine(), Engine::best());
}

#[test]
fn every_length_alone_and_together() {
    let data = bytes(5000);
    let lengths: Vec<usize> =
        (0..=200).chain([255, 256, 257, 1023, 1024, 4095, 4096, 4097]).collect();
    let messages: Vec<&[u8]> =
        lengths.iter().map(|length| &data[*length % 7..][..*length]).collect();
    for path in Engine::available() {
        assert_all(path, Selection::FILES, &messages);
        for message in &messages {
            assert_all(path, Selection::FILES, &[message]);
        }
    }
}

#[test]
fn every_selection_of_digests() {
    let data = bytes(700);
    let messages: Vec<&[u8]> = (0..50).map(|at| &data[..at * 14]).collect();
    for path in Engine::available() {
        for selection in selections() {
            assert_all(path, selection, &messages);
        }
    }
}

#[test]
fn one_to_forty_messages_of_equal_and_of_unequal_lengths() {
    let data = bytes(4200);
    for path in Engine::available() {
        for count in 1..=40 {
            for length in [64, 119, 1000] {
                let equal: Vec<&[u8]> = (0..count).map(|at| &data[at * 5..][..length]).collect();
                assert_all(path, Selection::FILES, &equal);
            }
            let unequal: Vec<&[u8]> =
                (0..count).map(|at| &data[at..][..at * at * 131 % 4001]).collect();
            assert_all(path, Selection::FILES, &unequal);
        }
    }
}

#[test]
fn one_long_message_among_many_short_ones() {
    let data = bytes(150_000);
    for path in Engine::available() {
        for long in [0, 1, 17, 39] {
            let mut messages: Vec<&[u8]> = (0..40).map(|at| &data[..at]).collect();
            messages[long] = &data;
            assert_all(path, Selection::FILES, &messages);
        }
    }
}

#[test]
fn every_split_around_the_borders_of_blocks() {
    let data = bytes(300);
    for path in Engine::available() {
        let mut lanes = Lanes::with_engine(Selection::FILES, path).unwrap();
        for length in [64, 128, 130, 191, 256, 300] {
            let message = &data[..length];
            // All splits into two at once, each with an empty segment between; then into three, the middle one of 1 to 66 bytes.
            let twice = (0..=length).map(|at| [&message[..at], &[], &message[at..]]);
            let thrice = (0..length).map(|at| {
                let end = (at + 1 + at % 66).min(length);
                [&message[..at], &message[at..end], &message[end..]]
            });
            let splits: Vec<[&[u8]; 3]> = twice.chain(thrice).collect();
            let splits: Vec<&[&[u8]]> = splits.iter().map(<[&[u8]; 3]>::as_slice).collect();
            let expected = digests_of(Selection::FILES, message);
            let mut count = 0;
            lanes.digest_many(&splits, |place, digests| {
                assert_eq!(
                    digests,
                    expected,
                    "{path}: {:?}",
                    splits[place].iter().map(|s| s.len()).collect::<Vec<_>>()
                );
                count += 1;
            });
            assert_eq!(count, splits.len());
        }
    }
}

/// Random messages, cut into random segments, given in random calls to random paths, and stored and taken up again in between.
#[test]
fn whatever_way_a_message_takes_its_digests_are_the_same() {
    let data = bytes(100_000);
    for seed in 0..150 {
        let mut random = Numbers::new(seed);
        let selection = selections()[random.below(16)];
        let messages: Vec<&[u8]> = (0..1 + random.below(45))
            .map(|_| {
                let length = random.length(if seed % 10 == 0 { 60_000 } else { 1500 });
                &data[random.below(3000)..][..length]
            })
            .collect();
        let found = take_random_ways(&mut random, selection, &messages);
        for (message, digests) in messages.iter().zip(found) {
            assert_eq!(
                digests,
                digests_of(selection, message),
                "seed {seed}, {selection:?}, {} bytes",
                message.len()
            );
        }
    }
}

fn take_random_ways(
    random: &mut Numbers,
    selection: Selection,
    messages: &[&[u8]],
) -> Vec<Digests> {
    let paths: Vec<Engine> = Engine::available().collect();
    let mut states: Vec<MessageState> =
        messages.iter().map(|_| MessageState::new(selection)).collect();
    let mut rests: Vec<&[u8]> = messages.to_vec();
    for _ in 0..random.below(4) {
        let parts: Vec<Vec<&[u8]>> =
            rests.iter_mut().map(|rest| random.segments(rest, false)).collect();
        let mut lanes = Lanes::with_engine(selection, paths[random.below(paths.len())]).unwrap();
        lanes.update_many(&mut jobs(&mut states, &parts));
        for (state, (message, rest)) in states.iter_mut().zip(messages.iter().zip(&mut rests)) {
            if random.below(3) == 0 {
                state.update(rest.split_off(..random.below(rest.len() + 1)).unwrap());
            }
            assert_eq!(state.length(), (message.len() - rest.len()) as u64);
            *state = MessageState::from_bytes(&state.to_bytes()).unwrap();
        }
    }
    let parts: Vec<Vec<&[u8]>> = rests.iter_mut().map(|rest| random.segments(rest, true)).collect();
    let mut found = vec![None; messages.len()];
    let mut lanes = Lanes::with_engine(selection, paths[random.below(paths.len())]).unwrap();
    lanes
        .finish_many(&mut jobs(&mut states, &parts), |place, digests| found[place] = Some(digests));
    assert!(
        states.iter().all(|state| *state == MessageState::new(selection)),
        "the states are new again"
    );
    found.into_iter().map(|digests| digests.expect("every place")).collect()
}

fn jobs<'a>(states: &'a mut [MessageState], parts: &'a [Vec<&'a [u8]>]) -> Vec<Job<'a>> {
    states.iter_mut().zip(parts).map(|(state, segments)| Job { state, segments }).collect()
}

#[test]
fn states_of_another_selection_are_advanced_all_the_same() {
    let data = bytes(1000);
    for path in Engine::available() {
        let mut states: Vec<MessageState> =
            selections().into_iter().map(MessageState::new).collect();
        let parts = vec![vec![&data[..700], &data[700..]]; states.len()];
        let mut lanes = Lanes::with_engine(Selection::FILES, path).unwrap();
        lanes.update_many(&mut jobs(&mut states, &parts));
        for (state, selection) in states.into_iter().zip(selections()) {
            assert_eq!(state.finish(), digests_of(selection, &data), "{path}, {selection:?}");
        }
    }
}
