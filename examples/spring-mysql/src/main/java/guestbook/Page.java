// SPDX-License-Identifier: Apache-2.0
package guestbook;

import java.util.stream.Collectors;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.util.HtmlUtils;

/** One page: it shows the entries, and its form adds one. */
@RestController
public class Page {
    private static final int LONGEST = 200;

    private final Entries entries;

    public Page(Entries entries) {
        this.entries = entries;
    }

    @GetMapping(path = "/", produces = MediaType.TEXT_HTML_VALUE)
    public String show() {
        String items = entries.all().stream()
                .map(text -> "  <li>" + HtmlUtils.htmlEscape(text) + "</li>\n")
                .collect(Collectors.joining());
        return """
                <!DOCTYPE html>
                <meta charset="utf-8">
                <title>Guest book</title>
                <h1>Guest book</h1>
                <form method="post">
                  <input name="text" maxlength="200" required autofocus>
                  <button>Sign</button>
                </form>
                <ul>
                """ + items + "</ul>\n";
    }

    @PostMapping("/")
    public ResponseEntity<String> sign(@RequestParam("text") String text) {
        if (text.isBlank() || text.length() > LONGEST) {
            return ResponseEntity.badRequest().body("an entry has 1 to " + LONGEST + " characters\n");
        }
        entries.add(text.strip());
        return ResponseEntity.status(HttpStatus.SEE_OTHER).header("Location", "/").build();
    }
}
