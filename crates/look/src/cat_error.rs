//! Why a stream cannot be read back.

use std::io;
use std::path::PathBuf;

use byte_source::Problem;
use evidence::EvidenceError;
use thiserror::Error;

/// Why a stream cannot be read back.
#[derive(Debug, Error)]
pub enum CatError {
    /// The evidence cannot be opened.
    #[error(transparent)]
    Evidence(#[from] EvidenceError),
    /// The place that the index names is not there any more.
    #[error(
        "{0}: the evidence does not hold what the index says: {1} is not there; is it the same image?"
    )]
    NotThere(PathBuf, String),
    /// It has no slack.
    #[error("no slack: {0}")]
    NoSlack(words::Term),
    /// The record cannot be read.
    #[error("{0}")]
    Problem(Problem),
    /// The output cannot be written.
    #[error("the output cannot be written: {0}")]
    Output(#[from] io::Error),
}
