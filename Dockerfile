# docker build -t pfnbench . && docker run -v "$PWD:/pfnbench/results" pfnbench
FROM debian:12
COPY . /pfnbench
WORKDIR /pfnbench
RUN ./run bench --list-structures
ENTRYPOINT ["./run"]
CMD ["bench"]
