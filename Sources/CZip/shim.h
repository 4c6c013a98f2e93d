// libzip, which reads ZIP archives.
#pragma once
#include <zip.h>
