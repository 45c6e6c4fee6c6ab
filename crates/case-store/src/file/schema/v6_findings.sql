-- Version 6: what analysers find in streams.

-- Analysers by name and version.
CREATE TABLE analyser (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  version TEXT NOT NULL,
  UNIQUE (name, version)
) STRICT;

-- Which analysers looked into the streams of an image: without a row here, "no finding" says nothing.
CREATE TABLE image_analyser (
  image INTEGER NOT NULL REFERENCES image (id),
  analyser INTEGER NOT NULL REFERENCES analyser (id),
  PRIMARY KEY (image, analyser)
) STRICT, WITHOUT ROWID;

-- Findings, but for the content type: that is the column of the same name of `entry`, stored once.
CREATE TABLE stored_finding (
  entry INTEGER NOT NULL REFERENCES entry (id),
  analyser INTEGER NOT NULL REFERENCES analyser (id),
  key TEXT NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (entry, analyser, key, value)
) STRICT, WITHOUT ROWID;

-- All findings.
CREATE VIEW finding (entry, analyser, version, key, value) AS
  SELECT s.entry, a.name, a.version, s.key, s.value FROM stored_finding s JOIN analyser a ON a.id = s.analyser
  UNION ALL
  SELECT e.id, a.name, a.version, 'type', e.content_type FROM entry e JOIN file_system f ON f.id = e.file_system
    JOIN volume v ON v.id = f.volume JOIN image_analyser i ON i.image = v.image JOIN analyser a ON a.id = i.analyser
    WHERE e.content_type IS NOT NULL AND a.name = 'content-type';

-- Earlier scans recognised the content type in the same way.
INSERT INTO analyser (name, version) SELECT 'content-type', '1' WHERE EXISTS (SELECT 1 FROM image);
INSERT INTO image_analyser (image, analyser) SELECT i.id, a.id FROM image i CROSS JOIN analyser a;
