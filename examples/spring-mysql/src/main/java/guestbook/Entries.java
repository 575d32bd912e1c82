// SPDX-License-Identifier: Apache-2.0
package guestbook;

import java.util.List;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.stereotype.Repository;

/** The guest book's entries, newest first. */
@Repository
public class Entries {
    private final JdbcTemplate database;

    public Entries(JdbcTemplate database) {
        this.database = database;
    }

    public void add(String text) {
        database.update("INSERT INTO entry (text) VALUES (?)", text);
    }

    public List<String> all() {
        return database.queryForList("SELECT text FROM entry ORDER BY id DESC", String.class);
    }
}
