// libxml2's readers of HTML and XML.
#pragma once
#include <libxml/xmlversion.h>
// Debian's libxml2 converts encodings with ICU and says so in its headers, whose declarations of ICU clash with those
// that Foundation brings. Only a structure that is not used here depends on it.
#undef LIBXML_ICU_ENABLED
#include <libxml/HTMLparser.h>
#include <libxml/parser.h>
#include <libxml/parserInternals.h>
