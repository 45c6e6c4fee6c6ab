/* A storage that fails, between a program and the C library: LD_PRELOAD.
 *
 * Every call that writes, syncs, creates, renames or removes below one folder is counted and recorded; call number N of a kind fails, or
 * the program is killed there. What is recorded is enough to say which bytes a loss of power would have left (src/storage.rs).
 *
 *   ATHAR_STORAGE_FOLDER  the folder, absolute and canonical; other files are left alone
 *   ATHAR_STORAGE_LOG     the record (binary, see `struct head`); appended to, so that several runs make one record
 *   ATHAR_STORAGE_FAULT   what happens (enum fault), ATHAR_STORAGE_AT  at which call (from 1) of the kinds that it concerns
 *
 *   ATHAR_EVIDENCE_FILE   a file of evidence on a medium that fails: absolute and canonical
 *   ATHAR_EVIDENCE_BAD    ranges of its bytes that cannot be read: FIRST-END,FIRST-END,… (END is the byte behind; whole pages fail)
 *   ATHAR_EVIDENCE_MAP    "no" when the file cannot be mapped, so that the program reads it with pread
 *   ATHAR_EVIDENCE_GATE   PATH, ATHAR_EVIDENCE_GATE_AT  BYTE: a read of this byte makes the file PATH.reached, then waits until PATH.open
 *                         is there: a medium that does not answer, and a moment of the run that no machine is too fast or too slow for
 *
 * All calls are made as system calls, one at a time: the order of the record is the order of the calls.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

/* Kinds of calls, as they stand in the record. */
enum kind {
	WRITE = 'W', TRUNCATE = 'T', SYNC = 'S', SYNC_FOLDER = 'D', CREATE = 'C', OPEN = 'O', UNNAMED = 'P',
	MAKE_FOLDER = 'M', RENAME = 'R', UNLINK = 'U', REMOVE_FOLDER = 'X', SAID = 'A', UNKNOWN = '!',
};

enum fault {
	NONE, WRITE_EIO, WRITE_TORN, WRITE_SHORT, WRITE_ENOSPC, FULL, SYNC_EIO, RENAME_EIO, UNLINK_EIO, OPEN_EIO, TRUNCATE_EIO,
	FOLDER_ENOSPC, KILL, KILL_TORN,
};
static const char *const fault_names[] = {
	"none", "write-eio", "write-torn", "write-short", "write-enospc", "full", "sync-eio", "rename-eio", "unlink-eio", "open-eio",
	"truncate-eio", "folder-enospc", "kill", "kill-torn",
};

/* How a call ended: 0 done, 1 refused by the system, 2 by us. */
enum { INJECTED = 2 };

/* Little-endian machines only, as the reader expects. Then: path, second path, and for writes the bytes. */
struct head {
	uint8_t kind, outcome;
	uint16_t path, second;
	uint16_t zero;
	uint64_t inode, offset, length;
};

static char folder[PATH_MAX];
static size_t folder_length;
static int record = -1;
static enum fault fault;
static uint64_t fault_at, seen;
static int next_write_fails;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void start_evidence(void);

__attribute__((constructor)) static void start(void)
{
	start_evidence();
	const char *text = getenv("ATHAR_STORAGE_FOLDER"), *path = getenv("ATHAR_STORAGE_LOG"), *name = getenv("ATHAR_STORAGE_FAULT");
	if (!text || !path || strlen(text) >= sizeof folder)
		return;
	strcpy(folder, text);
	folder_length = strlen(folder);
	int fd = syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	record = fcntl(fd, F_DUPFD_CLOEXEC, 500);
	syscall(SYS_close, fd);
	for (size_t i = 0; name && i < sizeof fault_names / sizeof *fault_names; i++)
		if (!strcmp(name, fault_names[i]))
			fault = i;
	const char *at = getenv("ATHAR_STORAGE_AT");
	fault_at = at ? strtoull(at, NULL, 10) : 0;
}

static int is_below(const char *path)
{
	return folder_length && !strncmp(path, folder, folder_length) && (path[folder_length] == '/' || !path[folder_length]);
}

/* Absolute, but not made canonical. */
static int absolute(int at, const char *path, char *out)
{
	char base[PATH_MAX], link[64];
	if (*path == '/')
		return snprintf(out, PATH_MAX, "%s", path) < PATH_MAX;
	if (at == AT_FDCWD)
		snprintf(link, sizeof link, "/proc/self/cwd");
	else
		snprintf(link, sizeof link, "/proc/self/fd/%d", at);
	ssize_t length = syscall(SYS_readlinkat, AT_FDCWD, link, base, sizeof base - 1);
	if (length < 0)
		return 0;
	base[length] = 0;
	return snprintf(out, PATH_MAX, "%s/%s", base, path) < PATH_MAX;
}

static int path_below(int at, const char *path, char *out)
{
	return folder_length && path && absolute(at, path, out) && is_below(out);
}

static int fd_below(int fd, char *out)
{
	char link[64];
	if (!folder_length || fd < 0)
		return 0;
	snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	ssize_t length = syscall(SYS_readlinkat, AT_FDCWD, link, out, PATH_MAX - 1);
	if (length < 0)
		return 0;
	out[length] = 0;
	return is_below(out);
}

static uint64_t inode_of(int fd)
{
	struct stat about;
	return fstat(fd, &about) ? 0 : about.st_ino;
}

static void put(enum kind kind, int outcome, const char *path, const char *second, uint64_t inode, uint64_t offset,
	const struct iovec *data, int pieces, uint64_t length)
{
	int before = errno;
	struct head head = { kind, outcome, path ? strlen(path) : 0, second ? strlen(second) : 0, 0, inode, offset, length };
	struct iovec all[3 + 64] = { { &head, sizeof head }, { (void *)path, head.path }, { (void *)second, head.second } };
	int count = 3;
	for (int i = 0; i < pieces && i < 64 && length; i++) {
		all[count] = data[i];
		if (all[count].iov_len > length)
			all[count].iov_len = length;
		length -= all[count++].iov_len;
	}
	/* An incomplete record would be read as a wrong one. */
	if (syscall(SYS_writev, record, all, count) < 0)
		abort();
	errno = before;
}

/* Whether the fault concerns calls of this kind. `grows`: the call needs room on the disk. */
static int concerned(enum kind kind, int grows)
{
	switch (fault) {
	case WRITE_EIO: case WRITE_TORN: case WRITE_SHORT: case WRITE_ENOSPC: return kind == WRITE;
	case FULL: return grows;
	case SYNC_EIO: return kind == SYNC || kind == SYNC_FOLDER;
	case RENAME_EIO: return kind == RENAME;
	case UNLINK_EIO: return kind == UNLINK || kind == REMOVE_FOLDER;
	case OPEN_EIO: return kind == OPEN || kind == CREATE || kind == UNNAMED;
	case TRUNCATE_EIO: return kind == TRUNCATE;
	case FOLDER_ENOSPC: return kind == MAKE_FOLDER;
	case KILL: case KILL_TORN: return kind != SAID;
	default: return 0;
	}
}

/* Counts the call; 0 when it is to be made, else the error that it gives. A torn or short write is told by -1. */
static int strikes(enum kind kind, int grows)
{
	if (next_write_fails && kind == WRITE) {
		next_write_fails = 0;
		return EIO;
	}
	if (!concerned(kind, grows))
		return 0;
	seen++;
	if (seen != fault_at && !(fault == FULL && fault_at && seen > fault_at))
		return 0;
	switch (fault) {
	case WRITE_ENOSPC: case FULL: case FOLDER_ENOSPC: return ENOSPC;
	case WRITE_TORN: next_write_fails = 1; return -1;
	case WRITE_SHORT: return -1;
	case KILL_TORN: if (kind == WRITE) return -1; /* fall through */
	case KILL: syscall(SYS_kill, getpid(), SIGKILL); for (;;) pause();
	default: return EIO;
	}
}

static long failed(int error)
{
	errno = error;
	return -1;
}

/* ---- writing */

static ssize_t write_at(int fd, const struct iovec *data, int pieces, off_t offset, int positioned)
{
	char path[PATH_MAX];
	int below = fd_below(fd, path);
	if (!below && !(folder_length && (fd == 1 || fd == 2)))
		return positioned ? syscall(SYS_pwritev, fd, data, pieces, offset, 0L) : syscall(SYS_writev, fd, data, pieces);
	pthread_mutex_lock(&lock);
	struct stat about = { 0 };
	fstat(fd, &about);
	if (!positioned)
		offset = fcntl(fd, F_GETFL) & O_APPEND ? about.st_size : lseek(fd, 0, SEEK_CUR);
	uint64_t length = 0;
	for (int i = 0; i < pieces; i++)
		length += data[i].iov_len;
	int strike = below ? strikes(WRITE, offset + (off_t)length > about.st_size) : 0;
	ssize_t done;
	if (strike > 0) {
		done = failed(strike);
	} else {
		struct iovec half = pieces ? data[0] : (struct iovec){ 0 };
		if (strike < 0 && half.iov_len > 1)
			half.iov_len /= 2;
		const struct iovec *from = strike < 0 ? &half : data;
		int count = strike < 0 && pieces ? 1 : pieces;
		done = positioned ? syscall(SYS_pwritev, fd, from, count, offset, 0L) : syscall(SYS_writev, fd, from, count);
	}
	if (below)
		put(WRITE, strike ? INJECTED : done < 0, path, NULL, about.st_ino, offset, data, pieces, done > 0 ? done : 0);
	else
		put(SAID, 0, NULL, NULL, fd, 0, data, pieces, done > 0 ? done : 0);
	if (strike < 0 && fault == KILL_TORN) {
		syscall(SYS_kill, getpid(), SIGKILL);
		for (;;)
			pause();
	}
	pthread_mutex_unlock(&lock);
	return done;
}

ssize_t write(int fd, const void *bytes, size_t length)
{
	struct iovec one = { (void *)bytes, length };
	return write_at(fd, &one, 1, 0, 0);
}

ssize_t writev(int fd, const struct iovec *data, int pieces) { return write_at(fd, data, pieces, 0, 0); }

ssize_t pwrite64(int fd, const void *bytes, size_t length, off64_t offset)
{
	struct iovec one = { (void *)bytes, length };
	return write_at(fd, &one, 1, offset, 1);
}

ssize_t pwrite(int fd, const void *bytes, size_t length, off_t offset) { return pwrite64(fd, bytes, length, offset); }
ssize_t pwritev64(int fd, const struct iovec *data, int pieces, off64_t offset) { return write_at(fd, data, pieces, offset, 1); }
ssize_t pwritev(int fd, const struct iovec *data, int pieces, off_t offset) { return write_at(fd, data, pieces, offset, 1); }

int ftruncate64(int fd, off64_t length)
{
	char path[PATH_MAX];
	if (!fd_below(fd, path))
		return syscall(SYS_ftruncate, fd, length);
	pthread_mutex_lock(&lock);
	struct stat about = { 0 };
	fstat(fd, &about);
	int strike = strikes(TRUNCATE, length > about.st_size);
	int done = strike ? failed(strike) : syscall(SYS_ftruncate, fd, length);
	put(TRUNCATE, strike ? INJECTED : done != 0, path, NULL, inode_of(fd), length, NULL, 0, 0);
	pthread_mutex_unlock(&lock);
	return done;
}

int ftruncate(int fd, off_t length) { return ftruncate64(fd, length); }

static int sync_by(long call, int fd)
{
	char path[PATH_MAX];
	if (!fd_below(fd, path))
		return syscall(call, fd);
	pthread_mutex_lock(&lock);
	struct stat about = { 0 };
	fstat(fd, &about);
	enum kind kind = S_ISDIR(about.st_mode) ? SYNC_FOLDER : SYNC;
	/* The record says what was asked; the disk is not waited for. */
	int strike = strikes(kind, 0);
	int done = strike ? failed(strike) : 0;
	put(kind, strike ? INJECTED : 0, path, NULL, about.st_ino, 0, NULL, 0, 0);
	pthread_mutex_unlock(&lock);
	return done;
}

int fsync(int fd) { return sync_by(SYS_fsync, fd); }
int fdatasync(int fd) { return sync_by(SYS_fdatasync, fd); }

/* ---- names */

static int open_at(int at, const char *name, int flags, mode_t mode)
{
	char path[PATH_MAX];
	int writes = (flags & O_ACCMODE) != O_RDONLY || (flags & O_CREAT);
	if (!writes || !path_below(at, name, path))
		return syscall(SYS_openat, at, name, flags, mode);
	pthread_mutex_lock(&lock);
	int unnamed = (flags & O_TMPFILE) == O_TMPFILE;
	struct stat before = { 0 };
	int there = !fstatat(at, name, &before, 0);
	enum kind kind = unnamed ? UNNAMED : there || !(flags & O_CREAT) ? OPEN : CREATE;
	int strike = strikes(kind, kind != OPEN);
	int fd = strike ? failed(strike) : syscall(SYS_openat, at, name, flags, mode);
	uint64_t inode = fd < 0 ? 0 : inode_of(fd);
	put(kind, strike ? INJECTED : fd < 0, path, NULL, inode, 0, NULL, 0, 0);
	if (fd >= 0 && there && !unnamed && (flags & O_TRUNC))
		put(TRUNCATE, 0, path, NULL, inode, 0, NULL, 0, 0);
	pthread_mutex_unlock(&lock);
	return fd;
}

static mode_t mode_of(int flags, va_list rest)
{
	return (flags & O_CREAT) || (flags & O_TMPFILE) == O_TMPFILE ? va_arg(rest, mode_t) : 0;
}

#define OPEN_LIKE(name) \
	int name(const char *path, int flags, ...) \
	{ \
		va_list rest; \
		va_start(rest, flags); \
		mode_t mode = mode_of(flags, rest); \
		va_end(rest); \
		return open_at(AT_FDCWD, path, flags, mode); \
	}
#define OPENAT_LIKE(name) \
	int name(int at, const char *path, int flags, ...) \
	{ \
		va_list rest; \
		va_start(rest, flags); \
		mode_t mode = mode_of(flags, rest); \
		va_end(rest); \
		return open_at(at, path, flags, mode); \
	}
OPEN_LIKE(open)
OPEN_LIKE(open64)
OPENAT_LIKE(openat)
OPENAT_LIKE(openat64)
int creat(const char *path, mode_t mode) { return open_at(AT_FDCWD, path, O_CREAT | O_WRONLY | O_TRUNC, mode); }
int creat64(const char *path, mode_t mode) { return creat(path, mode); }

int renameat2(int at, const char *from, int to_at, const char *to, unsigned flags)
{
	char path[PATH_MAX], second[PATH_MAX];
	if (!path_below(at, from, path) || !path_below(to_at, to, second))
		return syscall(SYS_renameat2, at, from, to_at, to, flags);
	pthread_mutex_lock(&lock);
	int strike = strikes(RENAME, 0);
	int done = strike ? failed(strike) : syscall(SYS_renameat2, at, from, to_at, to, flags);
	put(flags ? UNKNOWN : RENAME, strike ? INJECTED : done != 0, path, second, 0, 0, NULL, 0, 0);
	pthread_mutex_unlock(&lock);
	return done;
}

int renameat(int at, const char *from, int to_at, const char *to) { return renameat2(at, from, to_at, to, 0); }
int rename(const char *from, const char *to) { return renameat2(AT_FDCWD, from, AT_FDCWD, to, 0); }

int unlinkat(int at, const char *name, int flags)
{
	char path[PATH_MAX];
	if (!path_below(at, name, path))
		return syscall(SYS_unlinkat, at, name, flags);
	pthread_mutex_lock(&lock);
	enum kind kind = flags & AT_REMOVEDIR ? REMOVE_FOLDER : UNLINK;
	int strike = strikes(kind, 0);
	int done = strike ? failed(strike) : syscall(SYS_unlinkat, at, name, flags);
	put(kind, strike ? INJECTED : done != 0, path, NULL, 0, 0, NULL, 0, 0);
	pthread_mutex_unlock(&lock);
	return done;
}

int unlink(const char *name) { return unlinkat(AT_FDCWD, name, 0); }
int rmdir(const char *name) { return unlinkat(AT_FDCWD, name, AT_REMOVEDIR); }

int mkdirat(int at, const char *name, mode_t mode)
{
	char path[PATH_MAX];
	if (!path_below(at, name, path))
		return syscall(SYS_mkdirat, at, name, mode);
	pthread_mutex_lock(&lock);
	int strike = strikes(MAKE_FOLDER, 1);
	int done = strike ? failed(strike) : syscall(SYS_mkdirat, at, name, mode);
	struct stat about = { 0 };
	if (!done)
		fstatat(at, name, &about, 0);
	put(MAKE_FOLDER, strike ? INJECTED : done != 0, path, NULL, about.st_ino, 0, NULL, 0, 0);
	pthread_mutex_unlock(&lock);
	return done;
}

int mkdir(const char *name, mode_t mode) { return mkdirat(AT_FDCWD, name, mode); }

/* ---- what nobody uses: the record says so, and its reader refuses it. Copies inside the kernel are refused here: callers then write. */

static int unknown(int at, const char *name)
{
	char path[PATH_MAX];
	if (!(name ? path_below(at, name, path) : fd_below(at, path)))
		return 0;
	pthread_mutex_lock(&lock);
	put(UNKNOWN, 0, path, NULL, 0, 0, NULL, 0, 0);
	pthread_mutex_unlock(&lock);
	return 1;
}

int linkat(int at, const char *from, int to_at, const char *to, int flags)
{
	unknown(to_at, to);
	return syscall(SYS_linkat, at, from, to_at, to, flags);
}

int link(const char *from, const char *to) { return linkat(AT_FDCWD, from, AT_FDCWD, to, 0); }

int symlink(const char *target, const char *name)
{
	unknown(AT_FDCWD, name);
	return syscall(SYS_symlinkat, target, AT_FDCWD, name);
}

int fallocate64(int fd, int mode, off64_t offset, off64_t length)
{
	unknown(fd, NULL);
	return syscall(SYS_fallocate, fd, mode, offset, length);
}

int fallocate(int fd, int mode, off_t offset, off_t length) { return fallocate64(fd, mode, offset, length); }

int posix_fallocate64(int fd, off64_t offset, off64_t length)
{
	return fallocate64(fd, 0, offset, length) ? errno : 0;
}

int posix_fallocate(int fd, off_t offset, off_t length) { return posix_fallocate64(fd, offset, length); }

ssize_t copy_file_range(int in, off64_t *in_offset, int out, off64_t *out_offset, size_t length, unsigned flags)
{
	char path[PATH_MAX];
	if (fd_below(out, path))
		return failed(ENOSYS);
	return syscall(SYS_copy_file_range, in, in_offset, out, out_offset, length, flags);
}

ssize_t sendfile64(int out, int in, off64_t *offset, size_t length)
{
	char path[PATH_MAX];
	if (fd_below(out, path))
		return failed(ENOSYS);
	return syscall(SYS_sendfile, out, in, offset, length);
}

ssize_t sendfile(int out, int in, off_t *offset, size_t length) { return sendfile64(out, in, offset, length); }

ssize_t splice(int in, off64_t *in_offset, int out, off64_t *out_offset, size_t length, unsigned flags)
{
	char path[PATH_MAX];
	if (fd_below(out, path))
		return failed(EINVAL);
	return syscall(SYS_splice, in, in_offset, out, out_offset, length, flags);
}

/* ---- reading from a medium that fails: pages in its bad ranges cannot be touched, and what asks for them beforehand is told so. */

enum { MOST_RANGES = 64, MOST_MAPS = 64, PAGE = 4096, POPULATE_READ = 22 };

static char evidence[PATH_MAX], gate_reached[PATH_MAX + 16], gate_open[PATH_MAX + 16];
static uint64_t gate_at = UINT64_MAX;
static int maps_evidence = 1, ranges;
static struct { uint64_t start, end; } bad[MOST_RANGES];
static struct { char *at; size_t length; uint64_t offset; } maps[MOST_MAPS];

static void start_evidence(void)
{
	const char *path = getenv("ATHAR_EVIDENCE_FILE"), *list = getenv("ATHAR_EVIDENCE_BAD"), *map = getenv("ATHAR_EVIDENCE_MAP");
	if (!path || !list || strlen(path) >= sizeof evidence)
		return;
	strcpy(evidence, path);
	const char *gate = getenv("ATHAR_EVIDENCE_GATE"), *at = getenv("ATHAR_EVIDENCE_GATE_AT");
	if (gate && at) {
		snprintf(gate_reached, sizeof gate_reached, "%s.reached", gate);
		snprintf(gate_open, sizeof gate_open, "%s.open", gate);
		gate_at = strtoull(at, NULL, 10);
	}
	maps_evidence = !map || strcmp(map, "no");
	for (at = list; *at && ranges < MOST_RANGES; ranges++) {
		char *next;
		bad[ranges].start = strtoull(at, &next, 10) / PAGE * PAGE;
		/* A list that is not understood would be a medium that does not fail. */
		if (*next != '-')
			abort();
		bad[ranges].end = (strtoull(next + 1, &next, 10) + PAGE - 1) / PAGE * PAGE;
		at = *next == ',' ? next + 1 : next;
	}
}

static int is_evidence(int fd)
{
	char link[64], path[PATH_MAX];
	if (!*evidence || fd < 0)
		return 0;
	snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	ssize_t length = syscall(SYS_readlinkat, AT_FDCWD, link, path, sizeof path - 1);
	return length > 0 && (path[length] = 0, !strcmp(path, evidence));
}

/* The first bad byte in a range, or its end. */
static uint64_t first_bad(uint64_t start, uint64_t end)
{
	uint64_t first = end;
	for (int i = 0; i < ranges; i++) {
		uint64_t from = start > bad[i].start ? start : bad[i].start;
		if (from < bad[i].end && from < first)
			first = from;
	}
	return first;
}

void *mmap64(void *where, size_t length, int protection, int flags, int fd, off64_t offset)
{
	if (!is_evidence(fd))
		return (void *)syscall(SYS_mmap, where, length, protection, flags, fd, offset);
	if (!maps_evidence)
		return failed(ENODEV), MAP_FAILED;
	char *at = (void *)syscall(SYS_mmap, where, length, protection, flags, fd, offset);
	if (at == MAP_FAILED)
		return at;
	pthread_mutex_lock(&lock);
	int i = 0;
	while (i < MOST_MAPS && maps[i].at)
		i++;
	if (i == MOST_MAPS)
		abort();
	maps[i].at = at, maps[i].length = length, maps[i].offset = offset;
	pthread_mutex_unlock(&lock);
	/* Who touches a bad page is ended by a signal, as by SIGBUS when a disk fails. */
	uint64_t end = offset + length;
	for (uint64_t page = offset; page < end; page += PAGE)
		if (first_bad(page, page + 1) == page)
			syscall(SYS_mprotect, at + (page - offset), PAGE, PROT_NONE);
	return at;
}

void *mmap(void *where, size_t length, int protection, int flags, int fd, off_t offset)
{
	return mmap64(where, length, protection, flags, fd, offset);
}

int munmap(void *at, size_t length)
{
	pthread_mutex_lock(&lock);
	for (int i = 0; *evidence && i < MOST_MAPS; i++)
		if (maps[i].at == at)
			maps[i].at = NULL;
	pthread_mutex_unlock(&lock);
	return syscall(SYS_munmap, at, length);
}

int madvise(void *at, size_t length, int advice)
{
	int fails = 0;
	if (*evidence && advice == POPULATE_READ) {
		pthread_mutex_lock(&lock);
		for (int i = 0; i < MOST_MAPS; i++)
			if (maps[i].at && (char *)at >= maps[i].at && (char *)at < maps[i].at + maps[i].length) {
				uint64_t start = maps[i].offset + ((char *)at - maps[i].at);
				fails = first_bad(start, start + length) < start + length;
			}
		pthread_mutex_unlock(&lock);
	}
	return fails ? failed(EFAULT) : syscall(SYS_madvise, at, length, advice);
}

/* Waits at the gate when the byte is among those that are read. */
static void pass_gate(uint64_t start, uint64_t end)
{
	if (gate_at < start || gate_at >= end)
		return;
	int fd = syscall(SYS_openat, AT_FDCWD, gate_reached, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	syscall(SYS_close, fd);
	while (syscall(SYS_faccessat, AT_FDCWD, gate_open, F_OK))
		usleep(10000);
}

ssize_t pread64(int fd, void *bytes, size_t length, off64_t offset)
{
	if (is_evidence(fd)) {
		pass_gate(offset, offset + length);
		size_t good = first_bad(offset, offset + length) - offset;
		if (length && !good)
			return failed(EIO);
		length = good;
	}
	return syscall(SYS_pread64, fd, bytes, length, offset);
}

ssize_t pread(int fd, void *bytes, size_t length, off_t offset) { return pread64(fd, bytes, length, offset); }

ssize_t read(int fd, void *bytes, size_t length)
{
	if (is_evidence(fd)) {
		off_t at = lseek(fd, 0, SEEK_CUR);
		ssize_t done = pread64(fd, bytes, length, at);
		if (done > 0)
			lseek(fd, at + done, SEEK_SET);
		return done;
	}
	return syscall(SYS_read, fd, bytes, length);
}
