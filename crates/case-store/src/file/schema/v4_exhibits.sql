-- Version 4: an exhibit has an id, and its path is kept as the bytes that the operating system knows.
CREATE TABLE exhibit (
  id INTEGER PRIMARY KEY,
  -- Absolute path. Of rows from earlier layouts, which kept the text only: its bytes.
  path BLOB NOT NULL UNIQUE,
  -- The same for people: a byte that is not UTF-8 is `\xNN`.
  readable TEXT NOT NULL
) STRICT;
INSERT INTO exhibit (path, readable) SELECT CAST(path AS BLOB), path FROM image GROUP BY path ORDER BY min(id);
INSERT OR IGNORE INTO exhibit (path, readable) SELECT CAST(path AS BLOB), path FROM scan_checkpoint ORDER BY id;

ALTER TABLE image ADD COLUMN exhibit INTEGER REFERENCES exhibit (id);
UPDATE image SET exhibit = (SELECT id FROM exhibit x WHERE x.path = CAST(image.path AS BLOB));
CREATE INDEX image_exhibit ON image (exhibit);
ALTER TABLE scan_checkpoint ADD COLUMN exhibit INTEGER REFERENCES exhibit (id);
UPDATE scan_checkpoint SET exhibit = (SELECT id FROM exhibit x WHERE x.path = CAST(scan_checkpoint.path AS BLOB));
