/* An ordinary computer, to compare with. */
#include <stdio.h>
#include "board.h"

void board_write(const char *text)
{
  fputs(text, stdout);
}
