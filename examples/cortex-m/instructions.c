/*
 * A plugin of qemu that counts the instructions of a program: gcc -shared -fPIC -o instructions.so instructions.c;
 * qemu-system-arm -plugin ./instructions.so …. It says at the end how many there were, and in between whenever the program
 * calls `instructions_mark`. Its interface is declared here, as Debian ships no header for it.
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define EXPORT __attribute__((visibility("default")))
typedef uint64_t qemu_plugin_id_t;
struct qemu_plugin_tb;
struct qemu_plugin_insn;
void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t, void (*)(qemu_plugin_id_t, struct qemu_plugin_tb *));
void qemu_plugin_register_atexit_cb(qemu_plugin_id_t, void (*)(qemu_plugin_id_t, void *), void *);
void qemu_plugin_register_vcpu_tb_exec_inline(struct qemu_plugin_tb *, int, void *, uint64_t);
void qemu_plugin_register_vcpu_tb_exec_cb(struct qemu_plugin_tb *, void (*)(unsigned, void *), int, void *);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *, size_t);
const char *qemu_plugin_insn_symbol(const struct qemu_plugin_insn *);

EXPORT int qemu_plugin_version = 1;
static uint64_t total;

static void marked(unsigned cpu, void *unused)
{
  (void)cpu;
  (void)unused;
  fprintf(stderr, "mark: %llu\n", (unsigned long long)total);
}

static void translated(qemu_plugin_id_t id, struct qemu_plugin_tb *block)
{
  const char *symbol = qemu_plugin_insn_symbol(qemu_plugin_tb_get_insn(block, 0));
  (void)id;
  if (symbol && strcmp(symbol, "instructions_mark") == 0)
    qemu_plugin_register_vcpu_tb_exec_cb(block, marked, 0, 0);
  qemu_plugin_register_vcpu_tb_exec_inline(block, 0, &total, qemu_plugin_tb_n_insns(block));
}

static void ended(qemu_plugin_id_t id, void *unused)
{
  (void)id;
  (void)unused;
  fprintf(stderr, "instructions: %llu\n", (unsigned long long)total);
}

EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const void *info, int count, char **arguments)
{
  (void)info;
  (void)count;
  (void)arguments;
  qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
  qemu_plugin_register_atexit_cb(id, ended, 0);
  return 0;
}
