/*
 * `libfuse3-files DIR` mounts the files of simple-files.ts on DIR by libfuse 3's low-level API, and prints
 * `mounted`: the yardstick of both hosts of mount/. As those do it answers each lookup and each open, and has the
 * kernel keep the listing; a read of `wait` is put aside, and holds no thread.
 */
#define FUSE_USE_VERSION 312

#include <fuse_lowlevel.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* How long the kernel keeps what does not change, in seconds. */
#define LONG 3600.0
/* The longest read(2) of `source`, in bytes. */
#define LONGEST (1 << 20)

enum { ROOT = FUSE_ROOT_ID, HELLO, SOURCE, SINK, WAIT };

static const struct {
    const char *name;
    mode_t mode;
} files[] = {
    [HELLO] = {"hello", 0444},
    [SOURCE] = {"source", 0444},
    [SINK] = {"sink", 0222},
    [WAIT] = {"wait", 0444},
};

static const char text[] = "a line of text, of as many bytes as the address of a member, some eighty in all\n";
static char *zeros;

static struct stat attributes(fuse_ino_t inode)
{
    struct stat st = {.st_ino = inode, .st_nlink = 1};
    st.st_mode = inode == ROOT ? S_IFDIR | 0755 : S_IFREG | files[inode].mode;
    if (inode == HELLO) st.st_size = sizeof text - 1;
    return st;
}

static void lookup(fuse_req_t request, fuse_ino_t parent, const char *name)
{
    for (fuse_ino_t inode = HELLO; inode <= WAIT; inode++) {
        if (parent != ROOT || strcmp(name, files[inode].name) != 0) continue;
        struct fuse_entry_param entry = {.ino = inode, .attr = attributes(inode)};
        fuse_reply_entry(request, &entry);
        return;
    }
    fuse_reply_err(request, ENOENT);
}

static void getattr(fuse_req_t request, fuse_ino_t inode, struct fuse_file_info *file)
{
    (void)file;
    struct stat st = attributes(inode);
    fuse_reply_attr(request, &st, inode == ROOT ? LONG : 0);
}

/* The kernel opens directories by itself from now on, and keeps their listings (FUSE_NO_OPENDIR_SUPPORT). */
static void opendir(fuse_req_t request, fuse_ino_t inode, struct fuse_file_info *file)
{
    (void)inode;
    (void)file;
    fuse_reply_err(request, ENOSYS);
}

static void readdir(fuse_req_t request, fuse_ino_t inode, size_t size, off_t offset, struct fuse_file_info *file)
{
    (void)inode;
    (void)file;
    char buffer[1024];
    size_t used = 0;
    if (size > sizeof buffer) size = sizeof buffer;
    for (fuse_ino_t entry = HELLO + (fuse_ino_t)offset; entry <= WAIT; entry++) {
        struct stat st = attributes(entry);
        off_t next = (off_t)(entry - HELLO + 1);
        size_t length = fuse_add_direntry(request, buffer + used, size - used, files[entry].name, &st, next);
        if (length > size - used) break;
        used += length;
    }
    fuse_reply_buf(request, buffer, used);
}

static void open_file(fuse_req_t request, fuse_ino_t inode, struct fuse_file_info *file)
{
    (void)inode;
    file->direct_io = 1;
    fuse_reply_open(request, file);
}

static void gave_up(fuse_req_t request, void *data)
{
    (void)data;
    fuse_reply_err(request, EINTR);
}

static void read_file(fuse_req_t request, fuse_ino_t inode, size_t size, off_t offset, struct fuse_file_info *file)
{
    (void)file;
    if (inode == WAIT) {
        fuse_req_interrupt_func(request, gave_up, NULL);
    } else if (inode == SOURCE) {
        fuse_reply_buf(request, zeros, size < LONGEST ? size : LONGEST);
    } else {
        size_t length = sizeof text - 1;
        size_t from = (size_t)offset < length ? (size_t)offset : length;
        fuse_reply_buf(request, text + from, size < length - from ? size : length - from);
    }
}

static void write_file(fuse_req_t request, fuse_ino_t inode, const char *data, size_t size, off_t offset,
                       struct fuse_file_info *file)
{
    (void)inode;
    (void)data;
    (void)offset;
    (void)file;
    fuse_reply_write(request, size);
}

static void init(void *data, struct fuse_conn_info *connection)
{
    (void)data;
    connection->max_write = LONGEST;
}

static const struct fuse_lowlevel_ops operations = {
    .init = init,
    .lookup = lookup,
    .getattr = getattr,
    .opendir = opendir,
    .readdir = readdir,
    .open = open_file,
    .read = read_file,
    .write = write_file,
};

int main(int argc, char *argv[])
{
    if (argc != 2) return 2;
    zeros = calloc(1, LONGEST);
    struct fuse_args args = FUSE_ARGS_INIT(1, argv);
    struct fuse_session *session = fuse_session_new(&args, &operations, sizeof operations, NULL);
    if (zeros == NULL || session == NULL) return 1;
    if (fuse_set_signal_handlers(session) != 0 || fuse_session_mount(session, argv[1]) != 0) return 1;
    puts("mounted");
    fflush(stdout);
    struct fuse_loop_config *config = fuse_loop_cfg_create();
    int status = fuse_session_loop_mt(session, config);
    fuse_loop_cfg_destroy(config);
    fuse_session_unmount(session);
    fuse_session_destroy(session);
    return status == 0 ? 0 : 1;
}
