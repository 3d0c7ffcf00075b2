/* A 32-bit RISC-V without an operating system, as qemu's `virt`: a stack, cleared memory, then main. Text and the end go
   through semihosting. */
#include <stdint.h>
#include <string.h>
#include "board.h"

extern uint32_t bss_start[], bss_end[];
int main(void);
void reset(void);

__attribute__((naked, section(".start"), used)) void start(void)
{
  __asm__("la sp, stack_top\n  j reset");
}

/* The three instructions that mean semihosting: none of them may be compressed or lie across a page. */
__attribute__((naked, noinline, aligned(16))) static int semihosting(int operation, const void *argument)
{
  (void)operation;
  (void)argument;
  __asm__(".option push\n.option norvc\n  slli x0, x0, 0x1f\n  ebreak\n  srai x0, x0, 7\n  ret\n.option pop");
}

void board_write(const char *text)
{
  semihosting(0x04, text);
}

void reset(void)
{
  memset(bss_start, 0, (size_t)((char *)bss_end - (char *)bss_start));
  {
    const uint32_t reason[] = {0x20026, (uint32_t)main()};
    semihosting(0x20, reason);
  }
  for (;;) {
  }
}
