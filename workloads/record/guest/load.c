/* SPDX-License-Identifier: MIT */
/*
 * What runs inside of a recorded guest:
 *
 *     load NUMBER files SIZE SMALLEST LARGEST DELETED SEED
 *         fills SIZE bytes of /files with files, deletes DELETED of a
 *         thousand at random, and keeps the others
 *     load NUMBER writer SIZE SMALLEST LARGEST PAUSE SEED
 *         creates and deletes files without end, SIZE bytes of them at a
 *         time; PAUSE microseconds between
 *     load NUMBER punched SIZE FREED LEAVES SEED
 *         touches SIZE bytes, frees FREED of a thousand of its pages in
 *         random order, and keeps the others; with LEAVES it ends when the
 *         balloon, once inflated, is empty again
 *     load NUMBER hog SIZE PAUSE
 *         touches SIZE bytes and frees them, without end, PAUSE microseconds
 *         between
 *
 * Says "pfnbench: ready NUMBER" on the console when there is what should be
 * there, and "pfnbench: busy NUMBER" every few seconds before. Sizes of files
 * are even over the pages from SMALLEST to LARGEST. Statically linked: there
 * is no library in the guest.
 */

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

enum { kPage = 4096 };

static const char *number;
static uint64_t state;

static void die(const char *what)
{
	printf("pfnbench: failed: load %s: ", number);
	fflush(stdout);
	perror(what);
	exit(1);
}

static void say_ready(void)
{
	printf("pfnbench: ready %s\n", number);
	fflush(stdout);
}

/* Tells the host, which is waiting, that work goes on. */
static void say_busy(void)
{
	static time_t last;
	const time_t now = time(NULL);

	if (last && now - last < 5)
		return;
	last = now;
	printf("pfnbench: busy %s\n", number);
	fflush(stdout);
}

static void wait_forever(void)
{
	for (;;)
		pause();
}

/* splitmix64, as everywhere in pfnbench. */
static uint64_t next_random(void)
{
	uint64_t z = state += 0x9e3779b97f4a7c15;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return z ^ (z >> 31);
}

static uint64_t random_below(uint64_t bound)
{
	return next_random() % bound;
}

static void *map(uint64_t size)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1,
			    0);

	if (memory == MAP_FAILED)
		die("mmap");
	/* Single pages, or there would be nothing to punch. */
	madvise(memory, size, MADV_NOHUGEPAGE);
	return memory;
}

static void touch(char *memory, uint64_t size)
{
	uint64_t at;

	for (at = 0; at < size; at += kPage) {
		memory[at] = 1;
		if (at % (16 << 20) == 0)
			say_busy();
	}
}

struct file {
	uint64_t id;
	uint64_t size;
};

static void name_of(const struct file *file, char *name)
{
	sprintf(name, "/files/%s.%llu", number,
		(unsigned long long)file->id);
}

static uint64_t random_size(uint64_t smallest, uint64_t largest)
{
	const uint64_t pages = (largest - smallest) / kPage + 1;

	return smallest + kPage * random_below(pages);
}

/* A full file system is what is wanted, no failure. */
static void create(const struct file *file)
{
	static char data[kPage];
	char name[64];
	uint64_t at;
	int fd;

	name_of(file, name);
	fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	if (fd < 0)
		die("open");
	for (at = 0; at < file->size; at += kPage)
		if (write(fd, data, kPage) != kPage)
			break;
	close(fd);
}

static void delete(const struct file *file)
{
	char name[64];

	name_of(file, name);
	if (unlink(name))
		die("unlink");
}

static struct file *file_table(uint64_t size, uint64_t smallest)
{
	struct file *files = calloc(size / smallest + 1, sizeof(*files));

	if (!files)
		die("calloc");
	return files;
}

static void run_files(uint64_t size, uint64_t smallest, uint64_t largest,
		      uint64_t deleted)
{
	struct file *files = file_table(size, smallest);
	uint64_t count = 0, written = 0, at;

	for (; written < size; count++) {
		files[count].id = count;
		files[count].size = random_size(smallest, largest);
		create(&files[count]);
		written += files[count].size;
		say_busy();
	}
	/* In random order too: it is the order in which pages are freed. */
	for (at = count; at > 1; at--) {
		const uint64_t other = random_below(at);
		const struct file file = files[at - 1];

		files[at - 1] = files[other];
		files[other] = file;
	}
	for (at = 0; at < count * deleted / 1000; at++) {
		delete(&files[at]);
		say_busy();
	}
	free(files);
	say_ready();
	wait_forever();
}

static void run_writer(uint64_t size, uint64_t smallest, uint64_t largest,
		       uint64_t pause_us)
{
	struct file *files = file_table(2 * size, smallest);
	uint64_t count = 0, written = 0, id = 0;
	int is_ready = 0;

	for (;;) {
		if (written < size) {
			files[count].id = id++;
			files[count].size = random_size(smallest, largest);
			create(&files[count]);
			written += files[count++].size;
		} else {
			const uint64_t at = random_below(count);

			delete(&files[at]);
			written -= files[at].size;
			files[at] = files[--count];
			if (!is_ready)
				say_ready();
			is_ready = 1;
		}
		if (!is_ready)
			say_busy();
		else if (pause_us)
			usleep(pause_us);
	}
}

static uint64_t vmstat(const char *name)
{
	char key[64];
	unsigned long long value;
	FILE *file = fopen("/proc/vmstat", "r");

	if (!file)
		die("vmstat");
	while (fscanf(file, "%63s %llu", key, &value) == 2) {
		if (!strcmp(key, name)) {
			fclose(file);
			return value;
		}
	}
	die(name);
	return 0;
}

static void wait_for_empty_balloon(void)
{
	uint64_t inflated = 0;

	while (!inflated || vmstat("balloon_deflate") < inflated) {
		usleep(100000);
		inflated = vmstat("balloon_inflate");
	}
}

static void run_punched(uint64_t size, uint64_t freed, uint64_t leaves)
{
	const uint32_t count = size / kPage;
	uint32_t *pages = malloc(count * sizeof(*pages));
	char *memory = map(size);
	uint32_t at;

	if (!pages)
		die("malloc");
	touch(memory, size);
	for (at = 0; at < count; at++)
		pages[at] = at;
	for (at = 0; at < count * freed / 1000; at++) {
		const uint32_t other = at + random_below(count - at);
		const uint32_t page = pages[other];

		pages[other] = pages[at];
		if (madvise(memory + (uint64_t)page * kPage, kPage,
			    MADV_DONTNEED))
			die("madvise");
		if (at % 256 == 0)
			say_busy();
	}
	free(pages);
	say_ready();
	if (!leaves)
		wait_forever();
	wait_for_empty_balloon();
}

static void run_hog(uint64_t size, uint64_t pause_us)
{
	say_ready();
	for (;;) {
		char *memory = map(size);
		uint64_t at;

		for (at = 0; at < size; at += kPage)
			memory[at] = 1;
		munmap(memory, size);
		if (pause_us)
			usleep(pause_us);
	}
}

int main(int argc, char **argv)
{
	uint64_t values[5] = {0};
	const char *kind = argc > 2 ? argv[2] : "";
	int i;

	number = argc > 1 ? argv[1] : "";
	for (i = 0; i < 5 && i + 3 < argc; i++)
		values[i] = strtoull(argv[i + 3], NULL, 10);

	if (!strcmp(kind, "files") && argc == 8) {
		state = values[4];
		run_files(values[0], values[1], values[2], values[3]);
	} else if (!strcmp(kind, "writer") && argc == 8) {
		state = values[4];
		run_writer(values[0], values[1], values[2], values[3]);
	} else if (!strcmp(kind, "punched") && argc == 7) {
		state = values[3];
		run_punched(values[0], values[1], values[2]);
		return 0;
	} else if (!strcmp(kind, "hog") && argc == 5) {
		run_hog(values[0], values[1]);
	}
	printf("pfnbench: failed: load: no such load\n");
	return 1;
}
