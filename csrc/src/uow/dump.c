/* cm_flush_dump: what a flush would do, a line per action, for people. Plans, but runs nothing.
 *
 *   insert 3 Book <Book at 0x...>, ...
 *   update 1 Author <Author at 0x...>
 *   delete 2 Review <Review at 0x...>, ...
 *   link Book.tags +2 -1
 */
#include "uow/uow.h"

#include <string.h>

typedef void (*write_fn)(void *user, const char *p, size_t n);
enum { NAMES_SHOWN = 5 };

static void add_rows(cm_buf *b, const char *verb, const cm_uow_step *step, uint32_t with, uint32_t without) {
    char text[128];
    size_t n = 0;
    for (size_t i = 0; i < step->n; i++) n += (step->rows[i]->flags & with) == with && !(step->rows[i]->flags & without);
    if (n == 0) return;
    cm_buf__printf(b, "%s %zu %s", verb, n, cm_str_text(step->group->root->name));
    size_t shown = 0;
    for (size_t i = 0; i < step->n && shown < NAMES_SHOWN; i++) {
        if ((step->rows[i]->flags & with) != with || (step->rows[i]->flags & without)) continue;
        cm_buf__printf(b, "%s%s", shown ? ", " : ": ", cm_inst__text(step->rows[i]->inst, text, sizeof text));
        shown++;
    }
    cm_buf__puts(b, n > NAMES_SHOWN ? ", ...\n" : "\n");
}

static void add_links(cm_buf *b, const cm_uow *u) {
    for (const cm_link_row *first = u->links; first; first = first->next) {
        size_t added = 0, removed = 0;
        bool seen = false;
        for (const cm_link_row *l = u->links; l != first && !seen; l = l->next) seen = l->relation->origin == first->relation->origin;
        for (const cm_link_row *l = first; l && !seen; l = l->next)
            if (l->relation->origin == first->relation->origin) *(l->add ? &added : &removed) += 1;
        if (!seen)
            cm_buf__printf(b, "link %s.%s +%zu -%zu\n", cm_str_text(first->relation->parent->name), cm_str_text(first->relation->attr->key),
                           added, removed);
    }
}

cm_status cm_flush_dump(cm_ctx *cx, cm_session *s, write_fn write, void *user) {
    cm_uow u = {0};
    cm_buf b;
    char *text = NULL;
    size_t n = 0;
    s->cx = cx;
    if (s->flushing) return cm__fail(cx, CM_E_INVALID_REQUEST, "Session is already flushing");
    cm_buf__init(&b, cx);
    s->flushing = true; /* loading related instances must not flush */
    cm_status st = cm_uow__plan(cx, &u, s);
    if (!st) st = cm_links__collect(cx, &u);
    for (size_t i = 0; !st && i < u.nsaves; i++) {
        add_rows(&b, "update", &u.saves[i], 0, CM_ROW_INSERT);
        add_rows(&b, "insert", &u.saves[i], CM_ROW_INSERT, 0);
    }
    if (!st) add_links(&b, &u);
    for (size_t i = 0; !st && i < u.ndeletes; i++) add_rows(&b, "delete", &u.deletes[i], 0, 0);
    if (!st) st = cm_buf__take(&b, &text, &n);
    if (!st) write(user, text, n);
    s->flushing = false;
    cm__free(cx, text);
    cm_buf__dispose(&b);
    cm_uow__dispose(cx, &u);
    return st;
}
