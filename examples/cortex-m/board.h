/* What main.c wants of a board, or of an ordinary computer. */
#ifndef BOARD_H
#define BOARD_H
void board_write(const char *text);
#endif
