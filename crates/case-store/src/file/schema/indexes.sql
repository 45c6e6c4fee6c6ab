-- Built at the end of a scan; `find` answers from these.
CREATE INDEX IF NOT EXISTS entry_sha256 ON entry (sha256) WHERE sha256 IS NOT NULL;
CREATE INDEX IF NOT EXISTS entry_sha1 ON entry (sha1) WHERE sha1 IS NOT NULL;
CREATE INDEX IF NOT EXISTS entry_md5 ON entry (md5) WHERE md5 IS NOT NULL;
CREATE INDEX IF NOT EXISTS entry_name ON entry (name COLLATE NOCASE);
CREATE INDEX IF NOT EXISTS entry_directory ON entry (directory);
CREATE INDEX IF NOT EXISTS entry_stream ON entry (stream_name, name) WHERE stream_name <> '';
CREATE INDEX IF NOT EXISTS entry_size ON entry (size);
CREATE INDEX IF NOT EXISTS entry_modified ON entry (modified);
CREATE INDEX IF NOT EXISTS entry_content_type ON entry (content_type) WHERE content_type IS NOT NULL;
CREATE INDEX IF NOT EXISTS entry_record ON entry (file_system, number);
CREATE INDEX IF NOT EXISTS entry_lost ON entry (disposition) WHERE disposition NOT IN ('hashed', 'empty', 'skipped');
CREATE INDEX IF NOT EXISTS directory_path ON directory (path);
CREATE INDEX IF NOT EXISTS link_name ON link (name COLLATE NOCASE);
CREATE INDEX IF NOT EXISTS link_directory ON link (directory);
CREATE INDEX IF NOT EXISTS link_record ON link (file_system, number);
CREATE INDEX IF NOT EXISTS problem_image ON problem (image, severity);
