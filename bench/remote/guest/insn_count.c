/* QEMU user-mode plugin: counts the guest instructions of a single-threaded program and writes the number
 * to a file at exit.
 *
 *   gcc -shared -fPIC -O2 -DPLUGIN_API=1 -o insn_count.so insn_count.c       (QEMU 9 and later: 2)
 *   qemu-aarch64 -plugin ./insn_count.so,out=FILE PROGRAM ...
 *
 * Declares the few functions it calls, since Debian ships no header for them; callbacks alone, because the
 * faster inline counters have another interface in every version. */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define EXPORTED __attribute__((visibility("default")))
#define NO_REGISTERS 0

typedef uint64_t plugin_id;
struct block;
struct info;
EXPORTED int qemu_plugin_version = PLUGIN_API;
extern void qemu_plugin_register_vcpu_tb_trans_cb(plugin_id, void (*)(plugin_id, struct block *));
extern size_t qemu_plugin_tb_n_insns(const struct block *);
extern void qemu_plugin_register_vcpu_tb_exec_cb(struct block *, void (*)(unsigned, void *), int, void *);
extern void qemu_plugin_register_atexit_cb(plugin_id, void (*)(plugin_id, void *), void *);

static uint64_t executed;
static FILE *out;

static void entered(unsigned cpu, void *instructions) {
    (void)cpu;
    executed += (uintptr_t)instructions;
}

static void translated(plugin_id id, struct block *block) {
    (void)id;
    void *instructions = (void *)(uintptr_t)qemu_plugin_tb_n_insns(block);
    qemu_plugin_register_vcpu_tb_exec_cb(block, entered, NO_REGISTERS, instructions);
}

static void finished(plugin_id id, void *unused) {
    (void)id;
    (void)unused;
    fprintf(out, "%llu\n", (unsigned long long)executed);
    fclose(out);
}

EXPORTED int qemu_plugin_install(plugin_id id, const struct info *info, int argc, char **argv) {
    (void)info;
    if (argc != 1 || strncmp(argv[0], "out=", 4) != 0 || (out = fopen(argv[0] + 4, "w")) == NULL) {
        fprintf(stderr, "insn_count: one argument, out=FILE, a file that can be written\n");
        return 1;
    }
    qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
    qemu_plugin_register_atexit_cb(id, finished, NULL);
    return 0;
}
