/*
 * LeNet-5 as a function of SQLite: lenet5(image) is the class of a blob of 784 bytes, NULL of NULL.
 *
 *   cc -O3 -fPIC -shared -Ibuild extension.c build/lenet5.c -lm -o build/lenet.so
 */
#include <sqlite3ext.h>
#include "lenet5.h"
SQLITE_EXTENSION_INIT1

/* A connection calls one function at a time, so one workspace is enough for it. */
static void classify(sqlite3_context *context, int count, sqlite3_value **values) {
  float logits[LENET5_LOGITS_ELEMENTS];
  int best = 0;
  (void)count;
  if (sqlite3_value_type(values[0]) == SQLITE_NULL) return;
  const void *image = sqlite3_value_blob(values[0]);
  if (sqlite3_value_bytes(values[0]) != LENET5_INPUT_ELEMENTS) {
    sqlite3_result_error(context, "lenet5: an image has 784 bytes", -1);
    return;
  }
  lenet5_run(image, logits, sqlite3_user_data(context));
  for (int k = 1; k < LENET5_LOGITS_ELEMENTS; k++)
    if (logits[k] > logits[best]) best = k;
  sqlite3_result_int(context, best);
}

/* SQLite derives the name from that of the file: letters only. */
int sqlite3_lenet_init(sqlite3 *db, char **message, const sqlite3_api_routines *api) {
  SQLITE_EXTENSION_INIT2(api);
  (void)message;
  void *workspace = sqlite3_malloc(LENET5_WORKSPACE_BYTES);
  if (!workspace) return SQLITE_NOMEM;
  const int flags = SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS;
  return sqlite3_create_function_v2(db, "lenet5", 1, flags, workspace, classify, 0, 0, sqlite3_free);
}
