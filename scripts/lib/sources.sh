# What `make lint` checks and `make format` formats. Source it after common.sh.
# shellcheck shell=bash
# shellcheck disable=SC2034  # used by the scripts that source this file

SWIFT_SOURCES=(Package.swift Sources Tests benchmarks)
