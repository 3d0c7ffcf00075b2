/* Any Cortex-M: vectors, memory, FPU, then main. Text and the end go through semihosting, which debuggers and qemu know. */
#include <stdint.h>
#include <string.h>
#include "board.h"

extern uint32_t stack_top[], data_start[], data_end[], data_image[], bss_start[], bss_end[];
int main(void);
void reset(void);

static int semihosting(int operation, const void *argument)
{
  register int r0 __asm__("r0") = operation;
  register const void *r1 __asm__("r1") = argument;
  __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
  return r0;
}

void board_write(const char *text)
{
  semihosting(0x04, text);
}

static void leave(int status)
{
  /* SYS_EXIT_EXTENDED: the application has ended, with this status. */
  const uint32_t reason[] = {0x20026, (uint32_t)status};
  semihosting(0x20, reason);
  for (;;) {
  }
}

void reset(void)
{
  memcpy(data_start, data_image, (size_t)((char *)data_end - (char *)data_start));
  memset(bss_start, 0, (size_t)((char *)bss_end - (char *)bss_start));
#ifdef __ARM_FP
  /* CPACR: the FPU, and Helium, may be used by anyone. */
  *(volatile uint32_t *)0xe000ed88 |= 0xfu << 20;
  __asm__ volatile("dsb\nisb");
#endif
  leave(main());
}

static void fault(void)
{
  board_write("fault\n");
  leave(255);
}

__attribute__((section(".vectors"), used)) static const void *const vectors[] = {
  stack_top, (const void *)reset, (const void *)fault, (const void *)fault,
};
