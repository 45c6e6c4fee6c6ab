-- Version 5: images in files of images and folders.

-- The entry that holds an image (its first file); NULL for an exhibit. And the way from the exhibit to it, as a chain of locators; NULL for
-- an exhibit, and for a file of a folder of the host.
ALTER TABLE image ADD COLUMN parent INTEGER REFERENCES entry (id);
ALTER TABLE image ADD COLUMN place TEXT;
CREATE INDEX image_parent ON image (parent) WHERE parent IS NOT NULL;

-- An image in a file, found by content when the image around it was scanned. Its own rows, if it was scanned, have it as their parent.
CREATE TABLE nested (
  id INTEGER PRIMARY KEY,
  image INTEGER NOT NULL REFERENCES image (id),
  entry INTEGER NOT NULL UNIQUE REFERENCES entry (id),
  name TEXT NOT NULL,
  -- The place of the stream in `image`; NULL for a file of a folder of the host.
  locator TEXT,
  -- NULL when it could not be opened.
  container TEXT,
  -- By what it was recognised, or why it was not opened.
  reason TEXT NOT NULL,
  -- Can it be read inside?
  readable INTEGER NOT NULL CHECK (readable IN (0, 1)),
  -- Bytes of its medium, and of the files that store it.
  bytes INTEGER,
  stored_bytes INTEGER NOT NULL,
  -- Its files, the first one included: [[name, locator, bytes], …].
  files TEXT NOT NULL CHECK (json_valid(files))
) STRICT;
CREATE INDEX nested_image ON nested (image);
