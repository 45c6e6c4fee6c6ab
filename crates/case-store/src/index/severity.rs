//! The one rank of what hash sets say, as SQL.

use case_model::HitDisposition;

/// Returns an SQL expression that ranks the severity in `column`: 0 is the gravest. A word that this program does not know comes last.
pub(crate) fn rank_sql(column: &str) -> String {
    let mut sql = format!("CASE {column}");
    for (rank, severity) in HitDisposition::ALL.into_iter().enumerate() {
        sql.push_str(&format!(" WHEN '{}' THEN {rank}", severity.key()));
    }
    sql + &format!(" ELSE {} END", HitDisposition::ALL.len())
}
