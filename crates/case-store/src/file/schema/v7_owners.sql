-- Version 7: owners that records name by the number of a security descriptor (NTFS: `$Secure:$SDS`).

CREATE TABLE security_owner (
  file_system INTEGER NOT NULL REFERENCES file_system (id),
  -- The number that `entry.uid` has.
  security_id INTEGER NOT NULL,
  -- The owner's SID, like S-1-5-21-….
  sid TEXT NOT NULL,
  PRIMARY KEY (file_system, security_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX security_owner_sid ON security_owner (sid);
