/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "compose/documents.h"
#include "spec/base/memory.h"
#include "spec/base/text.h"

/*
 * The scripts know nothing of commands and flags: they hand the words typed so far to the program, which answers from
 * its tables with candidates and a last line ":DIRECTIVE" (1 error, 2 no space, 4 no files, 8 files with these
 * extensions, 16 directories).
 */

/* bash splits words at `=` and `:`; they are put together again, and what stands before is taken off the candidates. */
static const char bash_script[] =
    "# bash completion for docker-compose\n"
    "_docker_compose()\n"
    "{\n"
    "    local -a words=() candidates=() lines=()\n"
    "    local line directive current prefix i joined\n"
    "    for ((i = 1; i <= COMP_CWORD; i++)); do\n"
    "        joined=\n"
    "        if ((${#words[@]} > 0)); then\n"
    "            case ${COMP_WORDS[i]} in\n"
    "                =* | :*) joined=1 ;;\n"
    "                *) case ${COMP_WORDS[i - 1]} in = | :) joined=1 ;; esac ;;\n"
    "            esac\n"
    "        fi\n"
    "        if [[ $joined ]]; then\n"
    "            words[${#words[@]} - 1]+=${COMP_WORDS[i]}\n"
    "        else\n"
    "            words+=(\"${COMP_WORDS[i]}\")\n"
    "        fi\n"
    "    done\n"
    "    current=${words[${#words[@]} - 1]}\n"
    "    mapfile -t lines < <(\"${COMP_WORDS[0]}\" __completeNoDesc \"${words[@]}\" 2>/dev/null)\n"
    "    ((${#lines[@]} > 0)) || return\n"
    "    directive=${lines[${#lines[@]} - 1]#:}\n"
    "    unset \"lines[${#lines[@]}-1]\"\n"
    "    COMPREPLY=()\n"
    "    ((directive & 1)) && return\n"
    "    ((directive & 2)) && compopt -o nospace\n"
    "    prefix=\n"
    "    [[ $current == *[=:]* ]] && prefix=${current%\"${current##*[=:]}\"}\n"
    "    if ((directive & 8)); then\n"
    "        compopt -o filenames\n"
    "        for line in \"${lines[@]}\"; do\n"
    "            mapfile -t -O \"${#candidates[@]}\" candidates < <(compgen -f -X \"!*.$line\" -- \"${current#\"$prefix\"}\")\n"
    "        done\n"
    "        mapfile -t -O \"${#candidates[@]}\" candidates < <(compgen -d -- \"${current#\"$prefix\"}\")\n"
    "        COMPREPLY=(\"${candidates[@]}\")\n"
    "        return\n"
    "    fi\n"
    "    if ((directive & 16)); then\n"
    "        compopt -o filenames\n"
    "        mapfile -t COMPREPLY < <(compgen -d -- \"${current#\"$prefix\"}\")\n"
    "        return\n"
    "    fi\n"
    "    for line in \"${lines[@]}\"; do\n"
    "        [[ $line == \"$current\"* ]] && line=${line#\"$prefix\"}\n"
    "        COMPREPLY+=(\"$line\")\n"
    "    done\n"
    "    ((directive & 4)) || ((${#COMPREPLY[@]} > 0)) || compopt -o default\n"
    "}\n"
    "complete -F _docker_compose docker-compose\n";

static const char zsh_script[] =
    "#compdef docker-compose\n"
    "_docker_compose()\n"
    "{\n"
    "    local -a lines candidates plain\n"
    "    local line directive value help\n"
    "    lines=(\"${(@f)$(\"${words[1]}\" __complete \"${(@)words[2,CURRENT]}\" 2>/dev/null)}\")\n"
    "    (( $#lines )) || return 1\n"
    "    directive=${lines[-1]#:}\n"
    "    lines=(\"${(@)lines[1,-2]}\")\n"
    "    (( directive & 1 )) && return 1\n"
    "    if (( directive & 8 )); then\n"
    "        _files -g \"*.(${(j:|:)lines})\"\n"
    "        return\n"
    "    fi\n"
    "    if (( directive & 16 )); then\n"
    "        _files -/\n"
    "        return\n"
    "    fi\n"
    "    compset -P '*='\n"
    "    for line in \"${lines[@]}\"; do\n"
    "        value=${line%%$'\\t'*}\n"
    "        help=${line#*$'\\t'}\n"
    "        if [[ $help == $line ]]; then\n"
    "            plain+=(\"$value\")\n"
    "        else\n"
    "            candidates+=(\"${value//:/\\\\:}:$help\")\n"
    "        fi\n"
    "    done\n"
    "    local -a suffix\n"
    "    (( directive & 2 )) && suffix=(-S '')\n"
    "    (( $#candidates )) && _describe -t values docker-compose candidates \"${suffix[@]}\"\n"
    "    (( $#plain )) && compadd \"${suffix[@]}\" -a plain\n"
    "    (( $#candidates + $#plain )) || (( directive & 4 )) || _files\n"
    "}\n"
    "if [[ $funcstack[1] == _docker_compose ]]; then\n"
    "    _docker_compose \"$@\"\n"
    "else\n"
    "    compdef _docker_compose docker-compose\n"
    "fi\n";

static const char fish_script[] =
    "# fish completion for docker-compose\n"
    "function __docker_compose_complete\n"
    "    set -l words (commandline -opc) (commandline -ct)\n"
    "    set -l lines ($words[1] __complete $words[2..-1] 2>/dev/null)\n"
    "    test (count $lines) -gt 0; or return\n"
    "    set -l directive (string replace -r '^:' '' -- $lines[-1])\n"
    "    set -e lines[-1]\n"
    "    set -l current (commandline -ct)\n"
    "    if test (math \"bitand($directive, 1)\") -ne 0\n"
    "        return\n"
    "    else if test (math \"bitand($directive, 8)\") -ne 0\n"
    "        for extension in $lines\n"
    "            __fish_complete_suffix .$extension\n"
    "        end\n"
    "    else if test (math \"bitand($directive, 16)\") -ne 0\n"
    "        __fish_complete_directories $current\n"
    "    else if test (count $lines) -eq 0; and test (math \"bitand($directive, 4)\") -eq 0\n"
    "        __fish_complete_path $current\n"
    "    else\n"
    "        printf '%s\\n' $lines\n"
    "    end\n"
    "end\n"
    "complete -c docker-compose -f -a '(__docker_compose_complete)'\n";

bool documents_completion(struct text *out, const char *shell)
{
    static const struct {
        const char *shell, *script;
    } scripts[] = {{"bash", bash_script}, {"fish", fish_script}, {"zsh", zsh_script}};

    for (size_t i = 0; i < COUNT_OF(scripts); i++)
        if (strcmp(scripts[i].shell, shell) == 0) {
            text_add(out, scripts[i].script);
            return true;
        }
    return false;
}
