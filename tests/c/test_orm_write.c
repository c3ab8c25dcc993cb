/* Unit of work, sessions and transactions, against a memory database through the plain C host. */
#include "orm_world.h"

/* ---- inserts */

Test(orm_write, insert_gives_keys_in_order_of_add) {
    OOM_LOOP(cx) {
        world w;
        cm_inst *a = NULL, *b = NULL;
        int64_t n;
        OOM_TRY(world_open(cx, &w, 0));
        OOM_NULL(a = world_make(&w, w.author, w.author_name, "Ada"));
        OOM_NULL(b = world_make(&w, w.author, w.author_name, "Bob"));
        OOM_TRY(cm_session_add(cx, w.s, b));
        OOM_TRY(cm_session_add(cx, w.s, a));
        cr_assert_eq(cm_inst_get_status(a), CM_PENDING);
        OOM_TRY(cm_session_flush(cx, w.s));
        cr_assert_eq(cm_inst_get_status(a), CM_PERSISTENT);
        cr_assert_eq(world_int(&w, b, w.author_id), 1);
        cr_assert_eq(world_int(&w, a, w.author_id), 2);
        OOM_TRY(world_query(&w, "SELECT count(*) FROM author WHERE email = 'none'", &n));
        cr_assert_eq(n, 2);
        OOM_TRY(cm_session_commit(cx, w.s));
        cr_assert_null(cm_inst_peek(cx, a, w.author_id), "commit expires");
    OOM_DONE:
        world_drop(&w, a);
        world_drop(&w, b);
        world_close(&w);
    }
}

Test(orm_write, host_defaults_run_once_per_row_and_are_seen) {
    OOM_LOOP(cx) {
        world w;
        cm_inst *a = NULL, *b = NULL;
        OOM_TRY(world_open(cx, &w, 0));
        OOM_NULL(a = world_make(&w, w.book, w.book_title, "one"));
        OOM_NULL(b = world_make(&w, w.book, w.book_title, "two"));
        OOM_TRY(world_set_int(&w, b, w.book_pages, 7));
        OOM_TRY(cm_session_add(cx, w.s, a));
        OOM_TRY(cm_session_add(cx, w.s, b));
        OOM_TRY(cm_session_flush(cx, w.s));
        cr_assert_eq(world_int(&w, a, w.book_pages), 101);
        cr_assert_eq(world_int(&w, b, w.book_pages), 7);
        cr_assert_eq(w.calls, 1);
    OOM_DONE:
        world_drop(&w, a);
        world_drop(&w, b);
        world_close(&w);
    }
}

Test(orm_write, joined_inheritance_writes_base_first) {
    OOM_LOOP(cx) {
        world w;
        cm_inst *p = NULL, *k = NULL;
        int64_t n;
        OOM_TRY(world_open(cx, &w, 0));
        OOM_NULL(k = world_make(&w, w.worker, w.worker_name, "Kay"));
        OOM_NULL(p = world_make(&w, w.person, w.person_name, "Pat"));
        OOM_TRY(world_set_int(&w, k, w.worker_wage, 10));
        OOM_TRY(cm_session_add(cx, w.s, k));
        OOM_TRY(cm_session_add(cx, w.s, p));
        OOM_TRY(cm_session_flush(cx, w.s));
        OOM_TRY(world_query(&w, "SELECT wage FROM worker JOIN person USING (id) WHERE kind = 'worker' AND name = 'Kay'", &n));
        cr_assert_eq(n, 10);
        OOM_TRY(world_set_int(&w, k, w.worker_wage, 11));
        OOM_TRY(world_set_text(&w, k, w.worker_name, "K"));
        OOM_TRY(cm_session_flush(cx, w.s));
        OOM_TRY(world_query(&w, "SELECT wage FROM worker JOIN person USING (id) WHERE name = 'K'", &n));
        cr_assert_eq(n, 11);
        OOM_TRY(cm_session_delete(cx, w.s, k));
        OOM_TRY(cm_session_flush(cx, w.s));
        OOM_TRY(world_query(&w, "SELECT (SELECT count(*) FROM person) * 10 + (SELECT count(*) FROM worker)", &n));
        cr_assert_eq(n, 10);
    OOM_DONE:
        world_drop(&w, p);
        world_drop(&w, k);
        world_close(&w);
    }
}

/* ---- updates */

Test(orm_write, update_writes_net_changes_only) {
    OOM_LOOP(cx) {
        world w;
        cm_inst *a = NULL;
        int64_t n, before;
        OOM_TRY(world_open(cx, &w, WORLD_NO_EXPIRE));
        OOM_NULL(a = world_make(&w, w.author, w.author_name, "Ada"));
        OOM_TRY(cm_session_add(cx, w.s, a));
        OOM_TRY(cm_session_commit(cx, w.s));
        OOM_TRY(world_query(&w, "SELECT total_changes()", &before));
        OOM_TRY(world_set_text(&w, a, w.author_name, "Eve"));
        OOM_TRY(world_set_text(&w, a, w.author_name, "Ada"));
        OOM_TRY(cm_session_flush(cx, w.s));
        OOM_TRY(world_query(&w, "SELECT total_changes()", &n));
        cr_assert_eq(n, before, "set back to what it was");
        OOM_TRY(world_set_text(&w, a, w.author_name, "Eve"));
        OOM_TRY(cm_session_commit(cx, w.s));
        OOM_TRY(world_query(&w, "SELECT count(*) FROM author WHERE name = 'Eve'", &n));
        cr_assert_eq(n, 1);
    OOM_DONE:
        world_drop(&w, a);
        world_close(&w);
    }
}

Test(orm_write, primary_key_changes_by_update) {
    OOM_LOOP(cx) {
        world w;
        cm_inst *t = NULL, *found = NULL;
        cm_obj *key = NULL;
        int64_t n;
        OOM_TRY(world_open(cx, &w, WORLD_NO_EXPIRE));
        OOM_NULL(t = world_make(&w, w.tag, w.tag_name, "x"));
        OOM_TRY(cm_session_add(cx, w.s, t));
        OOM_TRY(cm_session_commit(cx, w.s));
        OOM_TRY(world_set_int(&w, t, w.tag_id, 40));
        OOM_TRY(cm_session_flush(cx, w.s));
        OOM_TRY(world_query(&w, "SELECT id FROM tag", &n));
        cr_assert_eq(n, 40);
        OOM_NULL(key = cm_obj_int(cx, 40));
        OOM_TRY(cm_session_find(cx, w.s, w.tag, (void *const *)&key, 1, &found));
        cr_assert_eq(found, t);
        OOM_TRY(cm_session_rollback(cx, w.s));
        cm_inst_release(cx, found);
        found = NULL;
        cm_obj_release(cx, key);
        OOM_NULL(key = cm_obj_int(cx, 1));
        OOM_TRY(cm_session_find(cx, w.s, w.tag, (void *const *)&key, 1, &found));
        cr_assert_eq(found, t, "rollback restores the key");
    OOM_DONE:
        cm_obj_release(cx, key);
        cm_inst_release(cx, found);
        world_drop(&w, t);
        world_close(&w);
    }
}

Test(orm_write, versions_count_and_catch_others) {
    oom_loop loop;
    cm_ctx *cx = test_ctx(&loop);
    world w;
    int64_t n;
    cr_assert_eq(world_open(cx, &w, WORLD_VERSIONS | WORLD_NO_EXPIRE), CM_OK);
    cm_inst *a = world_make(&w, w.author, w.author_name, "Ada");
    cr_assert_eq(cm_session_add(cx, w.s, a), CM_OK);
    cr_assert_eq(cm_session_commit(cx, w.s), CM_OK);
    cr_assert_eq(world_int(&w, a, w.author_version), 1);
    cr_assert_eq(world_set_text(&w, a, w.author_name, "Eve"), CM_OK);
    cr_assert_eq(cm_session_commit(cx, w.s), CM_OK);
    cr_assert_eq(world_int(&w, a, w.author_version), 2);
    cr_assert_eq(world_query(&w, "UPDATE author SET version = 9 RETURNING id", &n), CM_OK);
    cr_assert_eq(world_set_text(&w, a, w.author_name, "Ida"), CM_OK);
    cr_assert_eq(cm_session_flush(cx, w.s), CM_E_STALE);
    cr_assert_str_eq(cm_ctx_error(cx)->message, "UPDATE statement on table 'author' expected to update 1 row(s); 0 were matched.");
    cm_ctx_clear(cx);
    cr_assert_eq(cm_session_rollback(cx, w.s), CM_OK);
    world_drop(&w, a);
    world_close(&w);
    test_ctx_end(&loop);
}

/* ---- one-to-many and many-to-one */

Test(orm_write, collections_and_references_stay_in_step) {
    OOM_LOOP(cx) {
        world w;
        cm_inst *a = NULL, *b = NULL, *k = NULL;
        int64_t n;
        OOM_TRY(world_open(cx, &w, 0));
        OOM_NULL(a = world_make(&w, w.author, w.author_name, "Ada"));
        OOM_NULL(b = world_make(&w, w.author, w.author_name, "Bob"));
        OOM_NULL(k = world_make(&w, w.book, w.book_title, "T"));
        OOM_TRY(world_append(&w, a, w.author_books, k));
        cr_assert_eq(cm_inst_peek(cx, k, w.book_author), cm_inst_object(a));
        OOM_TRY(world_set_inst(&w, k, w.book_author, b));
        cr_assert_eq(world_size(&w, a, w.author_books), 0);
        cr_assert_eq(world_size(&w, b, w.author_books), 1);
        OOM_TRY(cm_session_add(cx, w.s, b));
        cr_assert_eq(cm_inst_get_status(k), CM_PENDING, "save-update cascades");
        cr_assert_eq(cm_inst_get_status(a), CM_TRANSIENT);
        OOM_TRY(cm_session_flush(cx, w.s));
        OOM_TRY(world_query(&w, "SELECT author_id FROM book", &n));
        cr_assert_eq(n, 1);
        OOM_TRY(world_remove(&w, b, w.author_books, k));
        cr_assert_eq(cm_inst_peek(cx, k, w.book_author), (void *)cm_obj_null());
        OOM_TRY(cm_session_flush(cx, w.s));
        OOM_TRY(world_query(&w, "SELECT count(*) FROM book WHERE author_id IS NULL", &n));
        cr_assert_eq(n, 1, "a child taken out is nulled");
    OOM_DONE:
        world_drop(&w, a);
        world_drop(&w, b);
        world_drop(&w, k);
        world_close(&w);
    }
}

Test(orm_write, a_backref_takes_nothing_into_the_session) {
    OOM_LOOP(cx) {
        world w;
        cm_inst *a = NULL, *k = NULL;
        OOM_TRY(world_open(cx, &w, WORLD_NO_EXPIRE));
        OOM_NULL(a = world_make(&w, w.author, w.author_name, "Ada"));
        OOM_NULL(k = world_make(&w, w.book, w.book_title, "T"));
        OOM_TRY(cm_session_add(cx, w.s, a));
        OOM_TRY(world_set_inst(&w, k, w.book_author, a));
        cr_assert_eq(world_size(&w, a, w.author_books), 1);
        cr_assert_eq(cm_inst_get_status(k), CM_TRANSIENT);
    OOM_DONE:
        world_drop(&w, a);
        world_drop(&w, k);
        world_close(&w);
    }
}

Test(orm_write, moving_a_child_between_parents) {
    OOM_LOOP(cx) {
        world w;
        cm_inst *a = NULL, *b = NULL, *k = NULL;
        int64_t n;
        OOM_TRY(world_open(cx, &w, WORLD_ORPHANS | WORLD_NO_EXPIRE));
        OOM_NULL(a = world_make(&w, w.author, w.author_name, "Ada"));
        OOM_NULL(b = world_make(&w, w.author, w.author_name, "Bob"));
        OOM_NULL(k = world_make(&w, w.book, w.book_title, "T"));
        OOM_TRY(world_append(&w, a, w.author_books, k));
        OOM_TRY(world_append(&w, b, w.author_books, k));
        OOM_TRY(world_remove(&w, b, w.author_books, k));
        OOM_TRY(world_append(&w, b, w.author_books, k));
        OOM_TRY(cm_session_add(cx, w.s, a));
        OOM_TRY(cm_session_add(cx, w.s, b));
        OOM_TRY(cm_session_commit(cx, w.s));
        OOM_TRY(world_query(&w, "SELECT author_id FROM book", &n));
        cr_assert_eq(n, 2);
        OOM_TRY(world_append(&w, a, w.author_books, k));
        cr_assert_eq(world_size(&w, b, w.author_books), 0);
        OOM_TRY(cm_session_commit(cx, w.s));
        OOM_TRY(world_query(&w, "SELECT author_id FROM book", &n));
        cr_assert_eq(n, 1, "moved, not orphaned");
    OOM_DONE:
        world_drop(&w, a);
        world_drop(&w, b);
        world_drop(&w, k);
        world_close(&w);
    }
}

Test(orm_write, orphans_are_deleted_and_pending_ones_forgotten) {
    OOM_LOOP(cx) {
        world w;
        cm_inst *a = NULL, *k = NULL, *p = NULL;
        int64_t n;
        OOM_TRY(world_open(cx, &w, WORLD_ORPHANS | WORLD_NO_EXPIRE));
        OOM_NULL(a = world_make(&w, w.author, w.author_name, "Ada"));
        OOM_NULL(k = world_make(&w, w.book, w.book_title, "T"));
        OOM_NULL(p = world_make(&w, w.book, w.book_title, "P"));
        OOM_TRY(world_append(&w, a, w.author_books, k));
        OOM_TRY(cm_session_add(cx, w.s, a));
        OOM_TRY(cm_session_flush(cx, w.s));
        OOM_TRY(world_append(&w, a, w.author_books, p));
        cr_assert_eq(cm_inst_get_status(p), CM_PENDING);
        OOM_TRY(world_remove(&w, a, w.author_books, p));
        cr_assert_eq(cm_inst_get_status(p), CM_TRANSIENT);
        OOM_TRY(world_remove(&w, a, w.author_books, k));
        OOM_TRY(cm_session_flush(cx, w.s));
        cr_assert_eq(cm_inst_get_status(k), CM_DELETED);
        OOM_TRY(world_query(&w, "SELECT count(*) FROM book", &n));
        cr_assert_eq(n, 0);
        OOM_TRY(cm_session_commit(cx, w.s));
        cr_assert_eq(cm_inst_get_status(k), CM_DETACHED);
    OOM_DONE:
        world_drop(&w, a);
        world_drop(&w, k);
        world_drop(&w, p);
        world_close(&w);
    }
}

Test(orm_write, deleting_a_parent_nulls_or_deletes_children) {
    for (int orphans = 0; orphans < 2; orphans++) {
        OOM_LOOP(cx) {
            world w;
            cm_inst *a = NULL, *k = NULL;
            int64_t n;
            OOM_TRY(world_open(cx, &w, (orphans ? WORLD_ORPHANS : 0) | WORLD_NO_EXPIRE));
            OOM_NULL(a = world_make(&w, w.author, w.author_name, "Ada"));
            OOM_NULL(k = world_make(&w, w.book, w.book_title, "T"));
            OOM_TRY(world_append(&w, a, w.author_books, k));
            OOM_TRY(cm_session_add(cx, w.s, a));
            OOM_TRY(cm_session_commit(cx, w.s));
            OOM_TRY(cm_session_delete(cx, w.s, a));
            OOM_TRY(cm_session_commit(cx, w.s));
            OOM_TRY(world_query(&w, "SELECT count(*) FROM author", &n));
            cr_assert_eq(n, 0);
            OOM_TRY(world_query(&w, "SELECT count(*) FROM book WHERE author_id IS NULL", &n));
            cr_assert_eq(n, orphans ? 0 : 1);
        OOM_DONE:
            world_drop(&w, a);
            world_drop(&w, k);
            world_close(&w);
        }
    }
}

/* ---- many-to-many */

Test(orm_write, secondary_rows_come_and_go_once) {
    OOM_LOOP(cx) {
        world w;
        cm_inst *k = NULL, *t = NULL, *u = NULL;
        int64_t n;
        OOM_TRY(world_open(cx, &w, WORLD_NO_EXPIRE));
        OOM_NULL(k = world_make(&w, w.book, w.book_title, "T"));
        OOM_NULL(t = world_make(&w, w.tag, w.tag_name, "x"));
        OOM_NULL(u = world_make(&w, w.tag, w.tag_name, "y"));
        OOM_TRY(world_append(&w, k, w.book_tags, t));
        OOM_TRY(world_append(&w, u, w.tag_books, k));
        cr_assert_eq(world_size(&w, k, w.book_tags), 2);
        OOM_TRY(cm_session_add(cx, w.s, k));
        OOM_TRY(cm_session_flush(cx, w.s));
        OOM_TRY(world_query(&w, "SELECT count(*) FROM book_tag", &n));
        cr_assert_eq(n, 2);
        OOM_TRY(world_remove(&w, k, w.book_tags, t));
        cr_assert_eq(world_size(&w, t, w.tag_books), 0);
        OOM_TRY(cm_session_flush(cx, w.s));
        OOM_TRY(world_query(&w, "SELECT count(*) * 10 + max(tag_id) FROM book_tag", &n));
        cr_assert_eq(n, 12);
        OOM_TRY(cm_session_delete(cx, w.s, k));
        OOM_TRY(cm_session_flush(cx, w.s));
        OOM_TRY(world_query(&w, "SELECT count(*) FROM book_tag", &n));
        cr_assert_eq(n, 0);
    OOM_DONE:
        world_drop(&w, k);
        world_drop(&w, t);
        world_drop(&w, u);
        world_close(&w);
    }
}

/* ---- self-reference */

Test(orm_write, trees_are_written_parents_first_and_deleted_leaves_first) {
    OOM_LOOP(cx) {
        world w;
        cm_inst *root = NULL, *mid = NULL, *leaf = NULL;
        int64_t n;
        OOM_TRY(world_open(cx, &w, WORLD_NO_EXPIRE));
        OOM_NULL(leaf = world_make(&w, w.node, w.node_name, "leaf"));
        OOM_NULL(mid = world_make(&w, w.node, w.node_name, "mid"));
        OOM_NULL(root = world_make(&w, w.node, w.node_name, "root"));
        OOM_TRY(world_query(&w, "PRAGMA foreign_keys = ON", &n));
        OOM_TRY(cm_session_add(cx, w.s, leaf));
        OOM_TRY(world_set_inst(&w, leaf, w.node_parent, mid));
        OOM_TRY(world_append(&w, root, w.node_children, mid));
        OOM_TRY(cm_session_add(cx, w.s, root));
        OOM_TRY(cm_session_commit(cx, w.s));
        OOM_TRY(world_query(&w, "SELECT l.parent_id * 10 + m.parent_id FROM node l JOIN node m ON l.parent_id = m.id WHERE l.name = 'leaf'",
                            &n));
        cr_assert_eq(n, 21);
        OOM_TRY(cm_session_delete(cx, w.s, root));
        OOM_TRY(cm_session_commit(cx, w.s));
        OOM_TRY(world_query(&w, "SELECT count(*) FROM node", &n));
        cr_assert_eq(n, 0);
    OOM_DONE:
        world_drop(&w, root);
        world_drop(&w, mid);
        world_drop(&w, leaf);
        world_close(&w);
    }
}

Test(orm_write, children_of_rows_that_exist_are_synced_before_they_are_written) {
    OOM_LOOP(cx) {
        world w;
        cm_inst *root = NULL, *other = NULL, *leaf = NULL;
        int64_t n;
        OOM_TRY(world_open(cx, &w, WORLD_NO_EXPIRE));
        OOM_NULL(leaf = world_make(&w, w.node, w.node_name, "leaf"));
        OOM_NULL(root = world_make(&w, w.node, w.node_name, "root"));
        OOM_NULL(other = world_make(&w, w.node, w.node_name, "other"));
        OOM_TRY(world_append(&w, root, w.node_children, leaf));
        OOM_TRY(cm_session_add(cx, w.s, root));
        OOM_TRY(cm_session_add(cx, w.s, other));
        OOM_TRY(cm_session_commit(cx, w.s));
        OOM_TRY(world_append(&w, other, w.node_children, leaf));
        cr_assert_eq(world_size(&w, root, w.node_children), 0);
        OOM_TRY(cm_session_flush(cx, w.s));
        OOM_TRY(world_query(&w, "SELECT p.name = 'other' FROM node l JOIN node p ON l.parent_id = p.id", &n));
        cr_assert_eq(n, 1);
    OOM_DONE:
        world_drop(&w, root);
        world_drop(&w, other);
        world_drop(&w, leaf);
        world_close(&w);
    }
}

Test(orm_write, a_collection_wins_over_a_delete) {
    OOM_LOOP(cx) {
        world w;
        cm_inst *a = NULL, *k = NULL;
        int64_t n;
        OOM_TRY(world_open(cx, &w, WORLD_NO_EXPIRE));
        OOM_NULL(a = world_make(&w, w.author, w.author_name, "Ada"));
        OOM_NULL(k = world_make(&w, w.book, w.book_title, "T"));
        OOM_TRY(world_append(&w, a, w.author_books, k));
        OOM_TRY(cm_session_add(cx, w.s, a));
        OOM_TRY(cm_session_commit(cx, w.s));
        OOM_TRY(world_remove(&w, a, w.author_books, k));
        OOM_TRY(cm_session_flush(cx, w.s));
        OOM_TRY(cm_session_delete(cx, w.s, k));
        OOM_TRY(world_append(&w, a, w.author_books, k));
        OOM_TRY(cm_session_flush(cx, w.s));
        OOM_TRY(world_query(&w, "SELECT author_id FROM book", &n));
        cr_assert_eq(n, 1, "kept for now");
        OOM_TRY(cm_session_flush(cx, w.s));
        OOM_TRY(world_query(&w, "SELECT count(*) FROM book", &n));
        cr_assert_eq(n, 0, "deleted by the next flush");
    OOM_DONE:
        world_drop(&w, a);
        world_drop(&w, k);
        world_close(&w);
    }
}

Test(orm_write, rows_that_need_each_other_are_refused) {
    oom_loop loop;
    cm_ctx *cx = test_ctx(&loop);
    world w;
    cr_assert_eq(world_open(cx, &w, 0), CM_OK);
    cm_inst *a = world_make(&w, w.node, w.node_name, "a"), *b = world_make(&w, w.node, w.node_name, "b");
    cr_assert_eq(world_set_inst(&w, a, w.node_parent, b), CM_OK);
    cr_assert_eq(world_set_inst(&w, b, w.node_parent, a), CM_OK);
    cr_assert_eq(cm_session_add(cx, w.s, a), CM_OK);
    cr_assert_eq(cm_session_flush(cx, w.s), CM_E_CIRCULAR);
    cr_assert(strstr(cm_ctx_error(cx)->message, "<Node at"));
    cm_ctx_clear(cx);
    cr_assert_eq(cm_session_rollback(cx, w.s), CM_OK);
    cr_assert_eq(world_set_inst(&w, a, w.node_parent, NULL), CM_OK);
    world_drop(&w, a);
    world_drop(&w, b);
    world_close(&w);
    test_ctx_end(&loop);
}

/* ---- transactions */

Test(orm_write, rollback_restores_states) {
    OOM_LOOP(cx) {
        world w;
        cm_inst *a = NULL, *b = NULL;
        int64_t n;
        OOM_TRY(world_open(cx, &w, WORLD_NO_EXPIRE));
        OOM_NULL(a = world_make(&w, w.author, w.author_name, "Ada"));
        OOM_NULL(b = world_make(&w, w.author, w.author_name, "Bob"));
        OOM_TRY(cm_session_add(cx, w.s, a));
        OOM_TRY(cm_session_commit(cx, w.s));
        OOM_TRY(cm_session_add(cx, w.s, b));
        OOM_TRY(cm_session_delete(cx, w.s, a));
        OOM_TRY(cm_session_flush(cx, w.s));
        cr_assert_eq(cm_inst_get_status(a), CM_DELETED);
        OOM_TRY(cm_session_rollback(cx, w.s));
        cr_assert_eq(cm_inst_get_status(a), CM_PERSISTENT);
        cr_assert_eq(cm_inst_get_status(b), CM_TRANSIENT);
        cr_assert_not_null(cm_inst_peek(cx, b, w.author_name), "what a new instance holds stays");
        OOM_TRY(world_query(&w, "SELECT count(*) FROM author WHERE name = 'Ada'", &n));
        cr_assert_eq(n, 1);
        OOM_TRY(cm_session_add(cx, w.s, b));
        OOM_TRY(cm_session_commit(cx, w.s));
        OOM_TRY(world_query(&w, "SELECT count(*) FROM author", &n));
        cr_assert_eq(n, 2);
    OOM_DONE:
        world_drop(&w, a);
        world_drop(&w, b);
        world_close(&w);
    }
}

Test(orm_write, rollback_reaches_what_was_expunged) {
    OOM_LOOP(cx) {
        world w;
        cm_inst *a = NULL;
        OOM_TRY(world_open(cx, &w, WORLD_NO_EXPIRE));
        OOM_NULL(a = world_make(&w, w.author, w.author_name, "Ada"));
        OOM_TRY(cm_session_add(cx, w.s, a));
        OOM_TRY(cm_session_flush(cx, w.s));
        OOM_TRY(cm_session_expunge(cx, w.s, a));
        cr_assert_eq(cm_inst_get_status(a), CM_DETACHED);
        OOM_TRY(cm_session_rollback(cx, w.s));
        cr_assert_eq(cm_inst_get_status(a), CM_TRANSIENT, "its row never was");
    OOM_DONE:
        world_drop(&w, a);
        world_close(&w);
    }
}

Test(orm_write, a_failed_flush_waits_for_rollback) {
    oom_loop loop;
    cm_ctx *cx = test_ctx(&loop);
    world w;
    int64_t n;
    cr_assert_eq(world_open(cx, &w, 0), CM_OK);
    cm_inst *a = world_make(&w, w.author, w.author_name, "Ada"), *b = world_make(&w, w.author, w.author_name, "Ada");
    cr_assert_eq(cm_session_add(cx, w.s, a), CM_OK);
    cr_assert_eq(cm_session_add(cx, w.s, b), CM_OK);
    cr_assert_eq(cm_session_flush(cx, w.s), CM_E_INTEGRITY);
    cm_ctx_clear(cx);
    cr_assert_eq(cm_inst_get_status(a), CM_TRANSIENT);
    cr_assert_eq(cm_session_commit(cx, w.s), CM_E_PENDING_ROLLBACK);
    cr_assert(strstr(cm_ctx_error(cx)->message, "UNIQUE constraint failed: author.name"));
    cm_ctx_clear(cx);
    cr_assert_eq(cm_session_rollback(cx, w.s), CM_OK);
    cr_assert_eq(cm_session_add(cx, w.s, a), CM_OK);
    cr_assert_eq(cm_session_commit(cx, w.s), CM_OK);
    cr_assert_eq(world_query(&w, "SELECT count(*) FROM author", &n), CM_OK);
    cr_assert_eq(n, 1);
    world_drop(&w, a);
    world_drop(&w, b);
    world_close(&w);
    test_ctx_end(&loop);
}

Test(orm_write, savepoints_undo_what_happened_inside) {
    OOM_LOOP(cx) {
        world w;
        cm_inst *a = NULL, *b = NULL;
        int64_t n;
        OOM_TRY(world_open(cx, &w, WORLD_NO_EXPIRE));
        OOM_NULL(a = world_make(&w, w.author, w.author_name, "Ada"));
        OOM_NULL(b = world_make(&w, w.author, w.author_name, "Bob"));
        OOM_TRY(cm_session_add(cx, w.s, a));
        OOM_TRY(cm_session_begin_nested(cx, w.s));
        cr_assert_eq(cm_inst_get_status(a), CM_PERSISTENT, "begin_nested flushes");
        OOM_TRY(cm_session_add(cx, w.s, b));
        OOM_TRY(world_set_text(&w, a, w.author_name, "Eve"));
        OOM_TRY(cm_session_flush(cx, w.s));
        cr_assert_eq(cm_session_depth(w.s), 2);
        OOM_TRY(cm_session_rollback(cx, w.s));
        cr_assert_eq(cm_inst_get_status(b), CM_TRANSIENT);
        cr_assert_eq(cm_inst_get_status(a), CM_PERSISTENT);
        cr_assert_null(cm_inst_peek(cx, a, w.author_name), "changed inside: to be read again");
        OOM_TRY(cm_session_begin_nested(cx, w.s));
        OOM_TRY(cm_session_add(cx, w.s, b));
        OOM_TRY(cm_session_commit(cx, w.s));
        OOM_TRY(cm_session_commit(cx, w.s));
        cr_assert_eq(cm_session_depth(w.s), 0);
        OOM_TRY(world_query(&w, "SELECT count(*) FROM author WHERE name IN ('Ada', 'Bob')", &n));
        cr_assert_eq(n, 2);
    OOM_DONE:
        world_drop(&w, a);
        world_drop(&w, b);
        world_close(&w);
    }
}

/* ---- identity */

Test(orm_write, the_identity_map_is_weak) {
    OOM_LOOP(cx) {
        world w;
        cm_inst *a = NULL, *found = NULL;
        cm_obj *key = NULL;
        OOM_TRY(world_open(cx, &w, WORLD_NO_EXPIRE));
        OOM_NULL(key = cm_obj_int(cx, 1));
        OOM_NULL(a = world_make(&w, w.author, w.author_name, "Ada"));
        OOM_TRY(cm_session_add(cx, w.s, a));
        OOM_TRY(cm_session_commit(cx, w.s));
        OOM_TRY(cm_session_find(cx, w.s, w.author, (void *const *)&key, 1, &found));
        cr_assert_eq(found, a);
        cm_inst_release(cx, found);
        found = NULL;
        cm_inst_release(cx, a);
        a = NULL;
        OOM_TRY(cm_session_find(cx, w.s, w.author, (void *const *)&key, 1, &found));
        cr_assert_null(found);
    OOM_DONE:
        cm_inst_release(cx, found);
        world_drop(&w, a);
        cm_obj_release(cx, key);
        world_close(&w);
    }
}

Test(orm_write, a_new_row_takes_over_a_deleted_one) {
    OOM_LOOP(cx) {
        world w;
        cm_inst *a = NULL, *b = NULL;
        int64_t n;
        OOM_TRY(world_open(cx, &w, WORLD_NO_EXPIRE));
        OOM_NULL(a = world_make(&w, w.tag, w.tag_name, "old"));
        OOM_NULL(b = world_make(&w, w.tag, w.tag_name, "new"));
        OOM_TRY(cm_session_add(cx, w.s, a));
        OOM_TRY(cm_session_commit(cx, w.s));
        OOM_TRY(world_set_int(&w, b, w.tag_id, 1));
        OOM_TRY(cm_session_delete(cx, w.s, a));
        OOM_TRY(cm_session_add(cx, w.s, b));
        OOM_TRY(cm_session_commit(cx, w.s));
        OOM_TRY(world_query(&w, "SELECT count(*) FROM tag WHERE id = 1 AND name = 'new'", &n));
        cr_assert_eq(n, 1);
        cr_assert_eq(cm_inst_get_status(b), CM_PERSISTENT);
    OOM_DONE:
        world_drop(&w, a);
        world_drop(&w, b);
        world_close(&w);
    }
}

/* ---- states and refusals */

Test(orm_write, states_are_checked) {
    oom_loop loop;
    cm_ctx *cx = test_ctx(&loop);
    world w;
    cm_session_options options = CM_SESSION_OPTIONS_INIT;
    cm_session *other = NULL;
    cr_assert_eq(world_open(cx, &w, 0), CM_OK);
    cm_inst *a = world_make(&w, w.author, w.author_name, "Ada");
    cr_assert_eq(cm_session_delete(cx, w.s, a), CM_E_INVALID_REQUEST);
    cm_ctx_clear(cx);
    cr_assert_eq(cm_session_expunge(cx, w.s, a), CM_E_INVALID_REQUEST);
    cm_ctx_clear(cx);
    options.engine = w.engine;
    cr_assert_eq(cm_session_new(cx, &options, &other), CM_OK);
    cr_assert_eq(cm_session_add(cx, w.s, a), CM_OK);
    cr_assert_eq(cm_session_add(cx, w.s, a), CM_OK);
    cr_assert_eq(cm_session_add(cx, other, a), CM_E_INVALID_REQUEST);
    cm_ctx_clear(cx);
    cr_assert_eq(cm_session_expunge(cx, w.s, a), CM_OK);
    cr_assert_eq(cm_inst_get_status(a), CM_TRANSIENT);
    cr_assert_eq(cm_session_begin(cx, w.s), CM_E_INVALID_REQUEST);
    cm_ctx_clear(cx);
    cm_session_free(cx, other);
    world_drop(&w, a);
    world_close(&w);
    test_ctx_end(&loop);
}

static void collect_text(void *user, const char *p, size_t n) { strncat(user, p, n); }

Test(orm_write, a_flush_can_be_read_before_it_runs) {
    OOM_LOOP(cx) {
        world w;
        char text[1024] = "";
        cm_inst *a = NULL, *k = NULL, *t = NULL;
        OOM_TRY(world_open(cx, &w, WORLD_NO_EXPIRE));
        OOM_NULL(a = world_make(&w, w.author, w.author_name, "Ada"));
        OOM_NULL(k = world_make(&w, w.book, w.book_title, "T"));
        OOM_NULL(t = world_make(&w, w.tag, w.tag_name, "x"));
        OOM_TRY(world_append(&w, k, w.book_tags, t));
        OOM_TRY(cm_session_add(cx, w.s, k));
        OOM_TRY(world_set_inst(&w, k, w.book_author, a));
        OOM_TRY(cm_flush_dump(cx, w.s, collect_text, text));
        cr_assert(strstr(text, "insert 1 Author") && strstr(text, "insert 1 Book") && strstr(text, "insert 1 Tag"), "%s", text);
        cr_assert(strstr(text, "insert 1 Author") < strstr(text, "insert 1 Book"), "%s", text);
        cr_assert(strstr(text, "link Book.tags +1 -0"), "%s", text);
        cr_assert_eq(cm_inst_get_status(a), CM_PENDING);
    OOM_DONE:
        world_drop(&w, a);
        world_drop(&w, k);
        world_drop(&w, t);
        world_close(&w);
    }
}
