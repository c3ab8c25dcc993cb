/* Classes and tables that the ORM suites share:
 *
 *   Author (id, name, email, version)   books: one-to-many, cascade save-update/merge/delete
 *   Book (id, title, author_id, pages)  author: many-to-one; tags: many-to-many over book_tag
 *   Tag (id, name)                      books: many-to-many
 *   Node (id, name, parent_id)          parent, children: self-referential, delete-orphan
 *   Person (id, kind, name) <- Worker (id, wage): joined inheritance
 */
#ifndef CM_TEST_ORM_WORLD_H
#define CM_TEST_ORM_WORLD_H

#include "harness.h"

typedef struct world {
    cm_ctx *cx;
    cm_engine *engine;
    cm_session *s;
    cm_table *t_author, *t_book, *t_tag, *t_link, *t_node, *t_person, *t_worker;
    cm_mapper *author, *book, *tag, *node, *person, *worker;
    const cm_attr *author_id, *author_name, *author_email, *author_version, *author_books;
    const cm_attr *book_id, *book_title, *book_author_id, *book_pages, *book_author, *book_tags;
    const cm_attr *tag_id, *tag_name, *tag_books;
    const cm_attr *node_id, *node_name, *node_parent_id, *node_parent, *node_children;
    const cm_attr *person_id, *person_kind, *person_name, *worker_id, *worker_name, *worker_wage;
    int calls; /* of the default of Book.pages */
} world;

enum { WORLD_ORPHANS = 1 /* Author.books deletes orphans */, WORLD_VERSIONS = 2 /* Author.version counts */, WORLD_NO_EXPIRE = 4 };

/* Opens a memory database with the tables, and a session. fails: like what it calls; world_close works then, too. */
cm_status world_open(cm_ctx *cx, world *w, int flags);
void world_close(world *w);
/* A new instance with one text attribute set; NULL without memory. */
cm_inst *world_make(world *w, cm_mapper *m, const cm_attr *attr, const char *text);
/* Releases an instance that may hold others that hold it: this host has no collector. NULL is fine. */
void world_drop(world *w, cm_inst *inst);
cm_status world_set_text(world *w, cm_inst *inst, const cm_attr *attr, const char *text);
cm_status world_set_int(world *w, cm_inst *inst, const cm_attr *attr, int64_t i);
cm_status world_set_inst(world *w, cm_inst *inst, const cm_attr *attr, cm_inst *value); /* NULL: the null object */
/* Value that the instance holds, without loading; -1 when there is none or it is no integer. */
int64_t world_int(world *w, cm_inst *inst, const cm_attr *attr);
/* Appends to, or removes from, a collection, as a program would. */
cm_status world_append(world *w, cm_inst *owner, const cm_attr *attr, cm_inst *member);
cm_status world_remove(world *w, cm_inst *owner, const cm_attr *attr, cm_inst *member);
size_t world_size(world *w, cm_inst *owner, const cm_attr *attr); /* members of a loaded collection */
/* First column of the first row of a statement, run on the session's connection. */
cm_status world_query(world *w, const char *sql, int64_t *out);

#endif
