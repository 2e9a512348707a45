/*
 * Starts programs without blocking the event loop, and reaps them.
 *
 * uv_spawn of libuv blocks the event loop until the child has called chdir(2) and
 * execve(2). If the directory or the program is in a file system that this
 * process serves, that is forever. So each start has a thread of its own.
 * vfork(2) suspends that thread alone, and a file system that does not answer
 * blocks it without taking one of the few threads of the pool.
 *
 * Between vfork and execve the child shares our memory: it makes nothing but
 * system calls, and it reports its error by writing it there.
 */
#define _GNU_SOURCE
#include "addon.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef SYS_close_range
#define SYS_close_range 436 /* Linux 5.9 */
#endif
#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434 /* Linux 5.3 */
#endif

enum { THREAD_STACK = 256 * 1024 };

/* Strings in one text, each with a NUL at its end, and the vector that execve takes. */
struct strings {
  char *text;
  char **vector;
};

struct start {
  struct strings programs, arguments, environment;
  char *directory; /* empty: our working directory */
  int stdio[3];
  int open_files;
  int finished; /* a duplicate of the eventfd that belongs to the thread */
  /* The outcome. `failed` is the system call that failed with `error`. */
  volatile int error;
  const char *volatile failed;
  int pidfd;
  /* For an abort. The child itself notes its pid, and checks whether the start was aborted. */
  atomic_bool aborted;
  atomic_int pid;
  pthread_mutex_t lock;
  bool ended;
  /* Held by the thread and by the JavaScript object. */
  atomic_int references;
};

static void drop(struct start *self) {
  if (atomic_fetch_sub(&self->references, 1) > 1) return;
  struct strings *all[] = {&self->programs, &self->arguments, &self->environment};
  for (int i = 0; i < 3; i++) {
    free(all[i]->text);
    free(all[i]->vector);
  }
  free(self->directory);
  pthread_mutex_destroy(&self->lock);
  free(self);
}

/* The child. It shares our memory and the thread's stack, but has its own descriptors and handlers. */

static _Noreturn void give_up(struct start *self, const char *failed, int error) {
  self->failed = failed;
  self->error = error;
  _exit(127);
}

static void close_above_2(void) {
  if (syscall(SYS_close_range, 3, ~0U, 0) == 0) return;
  /* An older kernel. Our own descriptors close on exec, so this closes those that we inherited. */
  for (int fd = 3; fd < 1024; fd++) close(fd);
}

/* Makes system calls, since sigaction(3) and sigprocmask(3) refuse the C library's signals 32 and 33. */
static void reset_signals(void) {
  /* As a struct sigaction of the kernel, zeros mean SIG_DFL; as a set of signals, none. */
  const long none[16] = {0};
  const size_t set_size = (NSIG - 1) / 8;
  for (int signal = 1; signal < NSIG; signal++)
    syscall(SYS_rt_sigaction, signal, none, NULL, set_size);
  syscall(SYS_rt_sigprocmask, SIG_SETMASK, none, NULL, set_size);
}

static void limit_open_files(int soft) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) < 0) return;
  limit.rlim_cur = (rlim_t)soft < limit.rlim_max ? (rlim_t)soft : limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

static _Noreturn void be_the_program(struct start *self) {
  int error = ENOENT;
  atomic_store(&self->pid, getpid());
  if (atomic_load(&self->aborted)) give_up(self, "execve", EINTR);
  setsid();
  for (int fd = 0; fd < 3; fd++)
    if (dup2(self->stdio[fd], fd) < 0) give_up(self, "dup2", errno);
  close_above_2();
  reset_signals();
  limit_open_files(self->open_files);
  if (self->directory[0] && chdir(self->directory) < 0) give_up(self, "chdir", errno);
  for (char **program = self->programs.vector; *program; program++) {
    execve(*program, self->arguments.vector, self->environment.vector);
    /* As in execvp(3), the search continues after a file that is missing or not executable. */
    bool missing = errno == ENOENT || errno == ENOTDIR;
    if (!missing || error == ENOENT) error = errno;
    if (!missing && errno != EACCES) break;
  }
  give_up(self, "execve", error);
}

static __attribute__((noinline)) pid_t fork_child(struct start *self) {
  pid_t pid = vfork();
  if (pid == 0) be_the_program(self);
  return pid;
}

/* The thread. */

static void reap_child(pid_t pid) {
  while (waitpid(pid, NULL, 0) < 0 && errno == EINTR) continue;
}

static void *run_start(void *data) {
  struct start *self = data;
  pid_t pid = fork_child(self);
  /* The child has noted its pid already, unless vfork(2) is fork(2), as under qemu-user. */
  if (pid > 0) atomic_store(&self->pid, pid);
  if (pid < 0) {
    self->failed = "vfork";
    self->error = errno;
  } else if (self->error == 0) {
    self->pidfd = syscall(SYS_pidfd_open, pid, 0);
    if (self->pidfd < 0) {
      self->failed = "pidfd_open";
      self->error = errno;
      kill(-pid, SIGKILL);
    }
  }
  pthread_mutex_lock(&self->lock);
  self->ended = true;
  pthread_mutex_unlock(&self->lock);
  if (pid > 0 && self->error != 0) reap_child(pid);
  eventfd_write(self->finished, 1);
  close(self->finished);
  drop(self);
  return NULL;
}

/* The event loop. */

static bool get_strings(napi_env env, napi_value value, struct strings *result) {
  void *data;
  size_t length, count = 0;
  if (!get_bytes(env, value, &data, &length)) return false;
  for (size_t i = 0; i < length; i++) count += ((char *)data)[i] == '\0';
  result->text = malloc(length + 1);
  result->vector = calloc(count + 1, sizeof *result->vector);
  if (result->text == NULL || result->vector == NULL) {
    throw_errno(env, ENOMEM, "malloc");
    return false;
  }
  memcpy(result->text, data, length);
  char *next = result->text;
  for (size_t i = 0; i < count; i++) {
    result->vector[i] = next;
    next += strlen(next) + 1;
  }
  return true;
}

static int create_thread(struct start *self) {
  pthread_t thread;
  pthread_attr_t attributes;
  sigset_t all, before;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, THREAD_STACK);
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  /* None of our handlers may run in the child, in our memory. It inherits the thread's mask. */
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  int error = pthread_create(&thread, &attributes, run_start, self);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  pthread_attr_destroy(&attributes);
  return error;
}

static void object_collected(napi_env env, void *data, void *hint) {
  (void)env;
  (void)hint;
  drop(data);
}

/*
 * startProcess(programs, arguments, environment, directory, stdin, stdout, stderr, openFiles):
 * [external, fd]
 * In the first three arguments each string ends with NUL. Of `programs` the first one that can be
 * executed is run. When the descriptor becomes readable, startOutcome has the outcome; the caller then
 * closes the descriptor, and its copies of the three streams. The descriptor is an eventfd, since a
 * thread-safe function of Node-API would end with its environment (a worker) while a thread still waits.
 */
napi_value process_start(napi_env env, napi_callback_info info) {
  napi_value argv[8], external, result;
  struct start *self = calloc(1, sizeof *self);
  if (self == NULL) return throw_errno(env, ENOMEM, "malloc");
  atomic_init(&self->references, 1);
  pthread_mutex_init(&self->lock, NULL);
  if (!get_arguments(env, info, 8, argv) || !get_strings(env, argv[0], &self->programs) ||
      !get_strings(env, argv[1], &self->arguments) ||
      !get_strings(env, argv[2], &self->environment) ||
      !get_string(env, argv[3], &self->directory) || !get_int(env, argv[4], &self->stdio[0]) ||
      !get_int(env, argv[5], &self->stdio[1]) || !get_int(env, argv[6], &self->stdio[2]) ||
      !get_int(env, argv[7], &self->open_files)) {
    drop(self);
    return NULL;
  }
  int finished = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  self->finished = finished < 0 ? -1 : fcntl(finished, F_DUPFD_CLOEXEC, 0);
  int error = self->finished < 0 ? errno : 0;
  const char *failed = finished < 0 ? "eventfd" : "fcntl";
  if (error == 0) {
    failed = "pthread_create";
    atomic_store(&self->references, 2);
    error = create_thread(self);
    if (error != 0) {
      atomic_store(&self->references, 1);
      close(self->finished);
    }
  }
  if (error != 0) {
    if (finished >= 0) close(finished);
    drop(self);
    return throw_errno(env, error, failed);
  }
  napi_create_external(env, self, object_collected, NULL, &external);
  napi_create_array_with_length(env, 2, &result);
  napi_set_element(env, result, 0, external);
  napi_set_element(env, result, 1, from_int(env, finished));
  return result;
}

static struct start *get_start(napi_env env, napi_callback_info info) {
  napi_value argv[1];
  struct start *self;
  if (!get_arguments(env, info, 1, argv)) return NULL;
  if (napi_get_value_external(env, argv[0], (void **)&self) == napi_ok) return self;
  throw_errno(env, EINVAL, "startProcess");
  return NULL;
}

/* startOutcome(external): [pid, pidfd]. Throws the error of a start that failed. */
napi_value process_start_outcome(napi_env env, napi_callback_info info) {
  napi_value result;
  struct start *self = get_start(env, info);
  if (self == NULL) return NULL;
  if (self->error != 0) return throw_errno(env, self->error, self->failed);
  napi_create_array_with_length(env, 2, &result);
  napi_set_element(env, result, 0, from_int(env, atomic_load(&self->pid)));
  napi_set_element(env, result, 1, from_int(env, self->pidfd));
  return result;
}

/* startPid(external): number. The pid of the child, which may have ended; 0 if there is none yet. */
napi_value process_start_pid(napi_env env, napi_callback_info info) {
  struct start *self = get_start(env, info);
  return self == NULL ? NULL : from_int(env, atomic_load(&self->pid));
}

/* abortStart(external): void. Kills the child if the program does not run yet. */
napi_value process_abort_start(napi_env env, napi_callback_info info) {
  struct start *self = get_start(env, info);
  if (self == NULL) return NULL;
  atomic_store(&self->aborted, true);
  pthread_mutex_lock(&self->lock);
  /* Nobody reaps the child before `ended`, so the pid is still its own. */
  if (!self->ended && atomic_load(&self->pid) > 0) kill(atomic_load(&self->pid), SIGKILL);
  pthread_mutex_unlock(&self->lock);
  return NULL;
}

/* reapProcess(pid): number | undefined. The status as in wait(2); undefined while it runs. */
napi_value process_reap(napi_env env, napi_callback_info info) {
  napi_value argv[1];
  int pid, status;
  if (!get_arguments(env, info, 1, argv) || !get_int(env, argv[0], &pid)) return NULL;
  pid_t reaped = waitpid(pid, &status, WNOHANG);
  if (reaped < 0) return throw_errno(env, errno, "waitpid");
  return reaped == 0 ? from_undefined(env) : from_int(env, status);
}

/* isStopped(pid): boolean. Whether a child that has not been reaped is stopped now. */
napi_value process_is_stopped(napi_env env, napi_callback_info info) {
  napi_value argv[1], result;
  int pid;
  siginfo_t what = {0};
  if (!get_arguments(env, info, 1, argv) || !get_int(env, argv[0], &pid)) return NULL;
  /* ECHILD: the child has ended and can be reaped. */
  if (waitid(P_PID, pid, &what, WSTOPPED | WNOHANG | WNOWAIT) < 0 && errno != ECHILD)
    return throw_errno(env, errno, "waitid");
  napi_get_boolean(env, what.si_pid == pid && what.si_code == CLD_STOPPED, &result);
  return result;
}

/* isChildSubreaper(): boolean. Whether orphans among our descendants become our children. */
napi_value process_is_child_subreaper(napi_env env, napi_callback_info info) {
  napi_value result;
  int is_subreaper = 0;
  (void)info;
  prctl(PR_GET_CHILD_SUBREAPER, &is_subreaper);
  napi_get_boolean(env, is_subreaper != 0, &result);
  return result;
}
