# SPDX-License-Identifier: Apache-2.0
FROM busybox AS first
ARG WHO
RUN echo $WHO >/who
FROM first AS last
CMD ["sleep", "1000"]
