// SPDX-License-Identifier: Apache-2.0
package guestbook;

import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.not;
import static org.springframework.test.web.servlet.request.MockMvcRequestBuilders.get;
import static org.springframework.test.web.servlet.request.MockMvcRequestBuilders.post;
import static org.springframework.test.web.servlet.result.MockMvcResultMatchers.content;
import static org.springframework.test.web.servlet.result.MockMvcResultMatchers.redirectedUrl;
import static org.springframework.test.web.servlet.result.MockMvcResultMatchers.status;

import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.autoconfigure.web.servlet.AutoConfigureMockMvc;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.test.web.servlet.MockMvc;

@SpringBootTest(properties = "spring.datasource.url=jdbc:h2:mem:test;MODE=MySQL")
@AutoConfigureMockMvc
class PageTest {
    @Autowired
    private MockMvc web;

    @Test
    void anEntryIsShownEscapedAfterItWasWritten() throws Exception {
        web.perform(post("/").param("text", "bread & <b>butter</b>"))
                .andExpect(status().isSeeOther())
                .andExpect(redirectedUrl("/"));
        web.perform(get("/"))
                .andExpect(status().isOk())
                .andExpect(content().string(containsString("<li>bread &amp; &lt;b&gt;butter&lt;/b&gt;</li>")))
                .andExpect(content().string(not(containsString("<b>"))));
    }

    @Test
    void aBlankEntryIsRefused() throws Exception {
        web.perform(post("/").param("text", "  ")).andExpect(status().isBadRequest());
    }
}
