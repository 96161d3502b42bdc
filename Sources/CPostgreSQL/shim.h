// libpq as Swift sees it.
#ifndef GATEHOUSE_CPOSTGRESQL_H
#define GATEHOUSE_CPOSTGRESQL_H

#include <libpq-fe.h>

#endif
